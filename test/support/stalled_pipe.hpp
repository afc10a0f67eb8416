#pragma once

#include "support/scratch_file.hpp"

#include <fcntl.h>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace backfill::test {

/// A pipe that nobody reads, with room for 4096 bytes of short lines: as one to a pager that waits, or to a stopped
/// process.
class StalledPipe {
public:
    StalledPipe()
    {
        if (::mkfifo(path().c_str(), 0600) != 0) {
            throw std::runtime_error{"no named pipe"};
        }
        end_ = ::open(path().c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
        if (::fcntl(end_, F_SETPIPE_SZ, 8192) < 0) { // two pages: lines fill one before the other is begun
            throw std::runtime_error{"the pipe cannot be made small"};
        }
    }
    StalledPipe(StalledPipe const&) = delete;
    StalledPipe& operator=(StalledPipe const&) = delete;
    ~StalledPipe() { ::close(end_); }

    std::string path() const { return folder_.path() + "/pipe"; }

private:
    ScratchFolder folder_;
    int end_ = -1;
};

} // namespace backfill::test
