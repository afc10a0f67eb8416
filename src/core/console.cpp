#include "backfill/core/console.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace backfill {
namespace {

// The cursor waits at the start of the status line, so this erases all of it, also when a terminal that became narrower
// has wrapped it.
constexpr std::string_view kErase = "\x1B[J";

// Around the status line, so that a terminal that just became narrower cuts it instead of wrapping it.
constexpr std::string_view kWrapOff = "\x1B[?7l";
constexpr std::string_view kWrapOn = "\x1B[?7h\r";

constexpr int kLookMilliseconds = 100;
constexpr std::chrono::seconds kReaderMayStall{2}; // of a stop's eight seconds

std::chrono::steady_clock::rep now()
{
    return std::chrono::steady_clock::now().time_since_epoch().count();
}

void open_standard_descriptors()
{
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
        if (::fcntl(descriptor, F_GETFD) < 0) {
            (void)::open("/dev/null", O_RDWR); // gets the lowest free number, which is this one
        }
    }
}

bool is_same_terminal(int one, int other)
{
    struct stat a {};
    struct stat b {};
    return ::isatty(one) == 1 && ::isatty(other) == 1 && ::fstat(one, &a) == 0 && ::fstat(other, &b) == 0
        && a.st_rdev == b.st_rdev;
}

/// How much of `text` goes into the next write: at most PIPE_BUF bytes, for which a pipe that is ready has room, and
/// which no other process's line parts. So it ends with a line where it can.
std::size_t next_part(std::string_view text)
{
    auto const end = text.size() > PIPE_BUF ? text.rfind('\n', PIPE_BUF - 1) : std::string_view::npos;
    return end == std::string_view::npos ? std::min<std::size_t>(text.size(), PIPE_BUF) : end + 1;
}

bool in_foreground()
{
    auto const group = ::tcgetpgrp(STDERR_FILENO);
    return group < 0 || group == ::getpgrp(); // negative: no controlling terminal, so no other program uses it
}

} // namespace

Console::Console(Format format)
    : format_{format},
      rewrites_{can_rewrite(STDERR_FILENO)},
      out_is_terminal_{::isatty(STDOUT_FILENO) == 1},
      same_terminal_{is_same_terminal(STDOUT_FILENO, STDERR_FILENO)}
{
    open_standard_descriptors();
}

Console::~Console()
{
    show_status("");
}

Log Console::log(bool verbose)
{
    return {
        .out =
            [this](Event const& event) {
                tell(STDOUT_FILENO, {&event, 1});
            },
        .note =
            [this](Event const& event) {
                tell(STDERR_FILENO, {&event, 1});
            },
        .verbose = verbose,
        .out_together = [this](std::vector<Event> const& events) { tell(STDOUT_FILENO, events); },
    };
}

bool Console::can_rewrite(int descriptor)
{
    auto const* term = std::getenv("TERM");
    std::string_view const name{term == nullptr ? "" : term};
    return ::isatty(descriptor) == 1 && !name.empty() && name != "dumb";
}

std::size_t Console::columns()
{
    constexpr std::size_t kUnknown = 80;
    winsize size{};
    return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUnknown;
}

void Console::tell(int descriptor, std::span<Event const> events)
{
    std::string lines;
    for (auto const& event : events) {
        lines += format_ == Format::text ? event.text : json_line(event, std::chrono::system_clock::now());
        lines += '\n';
    }
    std::lock_guard lock{mutex_};
    if (!status_.empty() && (descriptor == STDERR_FILENO || same_terminal_)) {
        lines = std::string{kErase} + lines + status_;
    }
    write(descriptor, lines);
}

void Console::hurry()
{
    patience_ends_ = now() + std::chrono::steady_clock::duration{kReaderMayStall}.count();
}

/// Returns the part of `text` that was not written: a full file takes less, a stalled reader nothing. An output that
/// fails must not end the run.
std::string_view Console::written_to(int descriptor, std::string_view text) const
{
    while (!text.empty()) {
        pollfd ready{descriptor, POLLOUT, 0};
        bool const in_hurry = now() >= patience_ends_;
        if (::poll(&ready, 1, in_hurry ? 0 : kLookMilliseconds) == 0) {
            if (in_hurry) {
                errno = EPIPE; // as if the reader had closed its end
                break;
            }
            continue;
        }
        auto const written = ::write(descriptor, text.data(), next_part(text));
        if (written < 0 && errno != EINTR
            && errno != EAGAIN) { // EAGAIN: another program made the shared terminal non-blocking
            break;
        }
        text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
    return text;
}

void Console::write(int descriptor, std::string_view text)
{
    auto& is_torn = torn_.at(static_cast<std::size_t>(descriptor));
    auto const whole = (is_torn ? "\n" : "") + std::string{text};
    auto const left = written_to(descriptor, whole);
    auto const error = errno;
    auto const written = std::string_view{whole}.substr(0, whole.size() - left.size());
    is_torn = written.empty() ? is_torn : !left.empty() && !written.ends_with('\n');
    bool const reader_left = error == EPIPE || (error == EIO && out_is_terminal_); // a terminal that was closed
    if (!left.empty() && descriptor == STDOUT_FILENO && !reader_left && output_error_.empty()) {
        output_error_ = std::generic_category().message(error);
    }
}

std::string Console::output_error()
{
    std::lock_guard lock{mutex_};
    return output_error_;
}

void Console::break_off()
{
    std::unique_lock lock{mutex_, std::try_to_lock};
    if (lock && !status_.empty()) {
        (void)!::write(STDERR_FILENO, kErase.data(), kErase.size());
    }
    lock.release(); // never unlocked
}

void Console::show_status(std::string_view line)
{
    std::string status;
    if (!line.empty() && in_foreground()) {
        status.append(kWrapOff).append(line).append(kWrapOn);
    }
    std::lock_guard lock{mutex_};
    if (status != status_) {
        write(STDERR_FILENO, std::string{kErase} + status);
        status_ = status;
    }
}

} // namespace backfill
