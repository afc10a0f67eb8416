#pragma once

#include "backfill/core/log.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <limits>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

namespace backfill {

/// Standard output and standard error, shared by all threads. Writes each event at once and whole, so that no line is
/// torn or held back; in JSON an event is one object on one line. Opens /dev/null in place of a closed standard
/// descriptor, whose number (and our lines) the next socket or file would get: construct before opening anything. On a
/// terminal it can keep a status line below all others. Any thread.
class Console {
public:
    enum class Format { text, json };

    explicit Console(Format format);
    Console(Console const&) = delete;
    Console& operator=(Console const&) = delete;
    ~Console(); ///< removes the status line

    /// Call before any other thread prints.
    void set_format(Format format) { format_ = format; }

    /// Why lines are missing on standard output; "" when none are, or when the reader closed its end.
    std::string output_error();

    /// Refers to this object.
    Log log(bool verbose);

    /// Whether this is a terminal that understands control sequences: not with TERM=dumb, nor without TERM.
    static bool can_rewrite(int descriptor);

    /// Whether standard error is such a terminal.
    bool rewrites() const { return rewrites_; }

    /// The current width of standard error's terminal; 80 when unknown.
    static std::size_t columns();

    /// Shows `line`, which must be shorter than the terminal is wide, below all others; "" removes it. Shows nothing
    /// while the program runs in the background.
    void show_status(std::string_view line);

    /// Call before ending soon: a stalled reader gets two more seconds in total; output it has not taken by then is
    /// dropped.
    void hurry();

    /// Call before exiting at once: removes the status line if that needs no waiting, and blocks all further output.
    void break_off();

private:
    void tell(int descriptor, std::span<Event const> events); ///< in one write

    void write(int descriptor, std::string_view text); ///< under the lock
    std::string_view written_to(int descriptor, std::string_view text) const;

    Format format_;
    bool const rewrites_;
    bool const out_is_terminal_;
    bool const same_terminal_; ///< standard output is that terminal too
    std::atomic<std::chrono::steady_clock::rep> patience_ends_{
        std::numeric_limits<std::chrono::steady_clock::rep>::max()};
    std::mutex mutex_;
    std::array<bool, 3> torn_{}; ///< by descriptor: the last write ended inside a line
    std::string output_error_;
    std::string status_; ///< as shown, control sequences included
};

} // namespace backfill
