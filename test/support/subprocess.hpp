#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace backfill::test {

using Environment = std::map<std::string, std::string>;

/// What a child left behind.
struct Ended {
    int code = -1;  ///< of exit(); -1 when a signal ended it
    int signal = 0; ///< that ended it, 0 = none
    std::string out;
    std::string err;
    long peak_kilobytes = 0; ///< of resident memory, as seen at each piece of output
};

enum class Stream { out, err };

/// A terminal in place of pipes. Both outputs' text is then the stream `err`; without `out_too` only standard error's.
struct Terminal {
    unsigned short columns = 80;
    bool out_too = true;
};

/// A child with pipes for all three streams. Both outputs are read as they come, so that the child never waits for the
/// test, and can be looked at while it runs. The destructor kills a child that still runs.
class Subprocess {
public:
    /// `arguments[0]` is the program's path. Nothing of this process's environment is handed on. Throws
    /// std::runtime_error when the child cannot be started.
    Subprocess(std::vector<std::string> const& arguments, Environment const& environment, std::string input = {},
        std::optional<Terminal> const& terminal = std::nullopt);
    Subprocess(Subprocess const&) = delete;
    Subprocess& operator=(Subprocess const&) = delete;
    ~Subprocess();

    pid_t id() const { return child_; }
    void send(int signal) const;
    void resize(unsigned short columns) const; ///< the terminal

    /// Waits until the stream holds `text` (`count` times). Returns false when the stream ended without it, or after
    /// half a minute.
    bool wait_for(Stream stream, std::string const& text, std::size_t count = 1) const;
    bool wait_until(Stream stream, std::function<bool(std::string const& so_far)> const& seen) const;

    std::string read_so_far(Stream stream) const;

    /// Waits for the end. A child that takes longer than `patience` is killed: its `signal` is then SIGKILL.
    Ended wait(std::chrono::seconds patience = std::chrono::seconds{60});

private:
    void collect(int descriptor, Stream stream);
    std::string& text(Stream stream) { return stream == Stream::out ? out_ : err_; }
    std::string const& text(Stream stream) const { return stream == Stream::out ? out_ : err_; }

    pid_t child_ = -1;
    int terminal_ = -1; ///< our side of it
    bool reaped_ = false;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::string out_;
    std::string err_;
    int open_streams_ = 2;
    long peak_kilobytes_ = 0;
    std::vector<std::jthread> threads_;
};

/// Where `name` lies along PATH. Throws std::runtime_error when it is not installed.
std::string find_program(std::string const& name);

} // namespace backfill::test
