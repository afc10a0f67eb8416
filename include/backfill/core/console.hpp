#pragma once

#include "backfill/core/log.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <limits>
#include <mutex>
#include <string>
#include <string_view>

namespace backfill {

/// Standard output and standard error, shared by all threads. Each event is one write, so that no line is torn or held
/// back; in JSON it is one object on one line. A standard descriptor that is closed becomes /dev/null's: else the next
/// socket or file would get its number, and our lines with it; so make it before anything is opened. On a terminal a
/// status line can stand below all others: lines scroll above it. Any thread.
class Console {
public:
    enum class Format { text, json };

    explicit Console(Format format);
    Console(Console const&) = delete;
    Console& operator=(Console const&) = delete;
    ~Console(); ///< takes the status line away

    /// Before any other thread tells something.
    void set_format(Format format) { format_ = format; }

    /// Why lines are missing on standard output; "" = none are, or their reader went away, who does not want them.
    std::string output_error();

    /// Refers to this object.
    Log log(bool verbose);

    /// Whether that is a terminal which understands control sequences: not with TERM=dumb, nor without TERM.
    static bool can_rewrite(int descriptor);

    /// Whether standard error is one, so that its last line can be rewritten.
    bool rewrites() const { return rewrites_; }

    /// Of that terminal, now: it may be resized at any time.
    static std::size_t columns();

    /// The line below all others, shorter than the terminal is wide; "" takes it away. Nothing is shown while the
    /// program runs in the background.
    void show_status(std::string_view line);

    /// For who must end soon: from now on a reader that stalls is waited for no longer than two seconds in all; then
    /// what it does not take is dropped.
    void hurry();

    /// For who exits at once: takes the status line away if that is possible without waiting, and holds back all that
    /// would follow.
    void break_off();

private:
    void tell(int descriptor, Event const& event);

    void write(int descriptor, std::string_view text); ///< under the lock
    std::string_view written_to(int descriptor, std::string_view text) const;

    Format format_;
    bool const rewrites_;
    bool const same_terminal_; ///< standard output goes there too
    std::atomic<std::chrono::steady_clock::rep> patience_ends_{
        std::numeric_limits<std::chrono::steady_clock::rep>::max()};
    std::mutex mutex_;
    std::array<bool, 3> torn_{}; ///< by descriptor: a part of a line was written, then no more
    std::string output_error_;
    std::string status_; ///< as it stands there, control sequences included
};

} // namespace backfill
