#pragma once

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace backfill::test {

/// A pipe that nobody reads, with room for `room` bytes: as one to a pager that waits, or to a stopped process.
class StalledPipe {
public:
    explicit StalledPipe(std::size_t room)
    {
        std::string name = (std::filesystem::temp_directory_path() / "stalled.XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr || ::mkfifo((name + "/pipe").c_str(), 0600) != 0) {
            throw std::runtime_error{"no named pipe"};
        }
        folder_ = name;
        end_ = ::open(path().c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
        auto const size = ::fcntl(end_, F_SETPIPE_SZ, 4096);
        std::string const filling(static_cast<std::size_t>(size) - room, 'x');
        if (size < 0 || ::write(end_, filling.data(), filling.size()) != static_cast<ssize_t>(filling.size())) {
            throw std::runtime_error{"the pipe cannot be filled"};
        }
    }
    StalledPipe(StalledPipe const&) = delete;
    StalledPipe& operator=(StalledPipe const&) = delete;
    ~StalledPipe()
    {
        ::close(end_);
        std::filesystem::remove_all(folder_);
    }

    std::string path() const { return folder_ + "/pipe"; }

private:
    std::string folder_;
    int end_ = -1;
};

} // namespace backfill::test
