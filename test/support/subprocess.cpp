#include "support/subprocess.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <spawn.h>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace backfill::test {
namespace {

constexpr std::chrono::seconds kOutputPatience{30};

struct Pipe {
    Pipe()
    {
        std::array<int, 2> ends{};
        // Close-on-exec, or a second child would hold the first one's pipes open.
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
            throw std::runtime_error{"pipe2 failed"};
        }
        read = ends[0];
        write = ends[1];
    }

    int read;
    int write;
};

struct PseudoTerminal {
    explicit PseudoTerminal(unsigned short columns) : ours{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)}
    {
        if (ours < 0 || ::grantpt(ours) != 0 || ::unlockpt(ours) != 0) {
            throw std::runtime_error{"no pseudo-terminal"};
        }
        theirs = ::open(::ptsname(ours), O_RDWR | O_NOCTTY | O_CLOEXEC);
        set_columns(ours, columns);
    }

    static void set_columns(int terminal, unsigned short columns)
    {
        winsize const size{24, columns, 0, 0};
        if (::ioctl(terminal, TIOCSWINSZ, &size) != 0) {
            throw std::runtime_error{"the terminal has no size"};
        }
    }

    int ours;
    int theirs = -1;
};

/// The pointers that exec wants; valid as long as `texts`.
std::vector<char*> pointers(std::vector<std::string>& texts)
{
    std::vector<char*> list;
    for (auto& text : texts) {
        list.push_back(text.data());
    }
    list.push_back(nullptr);
    return list;
}

/// The child starts without this process's signal mask, and dies of SIGPIPE as any program does.
pid_t spawn(std::vector<std::string> arguments, Environment const& environment, int in, int out, int err)
{
    std::vector<std::string> variables;
    for (auto const& [name, value] : environment) {
        variables.push_back(name + "=" + value);
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    sigset_t to_default;
    sigemptyset(&to_default);
    sigaddset(&to_default, SIGPIPE);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &to_default);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    pid_t child = -1;
    auto const error = ::posix_spawn(&child, arguments.front().c_str(), &actions, &attributes,
        pointers(arguments).data(), pointers(variables).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        throw std::runtime_error{arguments.front() + " cannot be started: " + std::strerror(error)};
    }
    return child;
}

void feed(int descriptor, std::string const& input)
{
    for (std::string_view rest = input; !rest.empty();) {
        auto const written = ::write(descriptor, rest.data(), rest.size());
        if (written < 0 && errno != EINTR) {
            break; // the child does not want it
        }
        rest.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
    ::close(descriptor);
}

/// Asked of /proc, as what wait4() tells includes the memory of this process, from which the child was spawned.
long peak_of(pid_t process)
{
    std::ifstream status{"/proc/" + std::to_string(process) + "/status"};
    constexpr std::string_view kPeak = "VmHWM:";
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(kPeak)) {
            return std::stol(line.substr(kPeak.size()));
        }
    }
    return 0; // it is gone
}

std::size_t occurrences(std::string const& text, std::string const& wanted)
{
    std::size_t count = 0;
    for (auto at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + wanted.size())) {
        ++count;
    }
    return count;
}

} // namespace

Subprocess::Subprocess(std::vector<std::string> const& arguments, Environment const& environment, std::string input,
    std::optional<Terminal> const& terminal)
{
    std::signal(SIGPIPE, SIG_IGN); // a child that leaves its input unread must not end the tests
    Pipe const in;
    Pipe const out;
    Pipe err;
    if (terminal) {
        ::close(err.read);
        ::close(err.write);
        PseudoTerminal const pseudo{terminal->columns};
        err.read = pseudo.ours;
        err.write = pseudo.theirs;
        terminal_ = ::fcntl(pseudo.ours, F_DUPFD_CLOEXEC, 0);
    }
    child_ = spawn(arguments, environment, in.read, terminal && terminal->out_too ? err.write : out.write, err.write);
    ::close(in.read);
    ::close(out.write);
    ::close(err.write);
    threads_.emplace_back([this, read = out.read] { collect(read, Stream::out); });
    threads_.emplace_back([this, read = err.read] { collect(read, Stream::err); });
    threads_.emplace_back([write = in.write, fed = std::move(input)] { feed(write, fed); });
}

Subprocess::~Subprocess()
{
    if (!reaped_) {
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
    }
    if (terminal_ >= 0) {
        ::close(terminal_);
    }
}

void Subprocess::resize(unsigned short columns) const
{
    PseudoTerminal::set_columns(terminal_, columns);
}

void Subprocess::send(int signal) const
{
    std::lock_guard lock{mutex_};
    if (!reaped_) {
        ::kill(child_, signal);
    }
}

void Subprocess::collect(int descriptor, Stream stream)
{
    std::array<char, 65'536> room{};
    for (;;) {
        auto const size = ::read(descriptor, room.data(), room.size());
        if (size < 0 && errno == EINTR) {
            continue;
        }
        auto const peak = size > 0 ? peak_of(child_) : 0;
        std::lock_guard lock{mutex_};
        peak_kilobytes_ = std::max(peak_kilobytes_, peak);
        if (size <= 0) {
            --open_streams_;
            changed_.notify_all();
            break;
        }
        text(stream).append(room.data(), static_cast<std::size_t>(size));
        changed_.notify_all();
    }
    ::close(descriptor);
}

bool Subprocess::wait_for(Stream stream, std::string const& wanted, std::size_t count) const
{
    return wait_until(stream, [&](std::string const& so_far) { return occurrences(so_far, wanted) >= count; });
}

bool Subprocess::wait_until(Stream stream, std::function<bool(std::string const& so_far)> const& seen) const
{
    std::unique_lock lock{mutex_};
    bool done = false;
    changed_.wait_for(lock, kOutputPatience, [&] {
        done = seen(text(stream));
        return done || open_streams_ == 0;
    });
    return done;
}

std::string Subprocess::read_so_far(Stream stream) const
{
    std::lock_guard lock{mutex_};
    return text(stream);
}

Ended Subprocess::wait(std::chrono::seconds patience)
{
    {
        std::unique_lock lock{mutex_};
        if (!changed_.wait_for(lock, patience, [this] { return open_streams_ == 0; })) {
            ::kill(child_, SIGKILL);
        }
    }
    // Ended, and not reaped before nobody can signal it any more: its number may become another process's.
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(child_), &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) {}
    int status = 0;
    {
        std::lock_guard lock{mutex_};
        ::waitpid(child_, &status, 0);
        reaped_ = true;
    }
    threads_.clear();
    std::lock_guard lock{mutex_}; // another thread may still look at what the child said
    Ended ended{-1, 0, std::move(out_), std::move(err_), peak_kilobytes_};
    if (WIFEXITED(status)) {
        ended.code = WEXITSTATUS(status);
    } else {
        ended.signal = WTERMSIG(status);
    }
    return ended;
}

std::string find_program(std::string const& name)
{
    auto const* path = std::getenv("PATH");
    std::istringstream folders{path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path};
    for (std::string folder; std::getline(folders, folder, ':');) {
        if (::access((folder + "/" + name).c_str(), X_OK) == 0) {
            return folder + "/" + name;
        }
    }
    throw std::runtime_error{name + " is not installed"};
}

} // namespace backfill::test
