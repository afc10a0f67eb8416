#pragma once

#include "backfill/core/clock.hpp"

#include <atomic>
#include <chrono>
#include <stop_token>
#include <string>

namespace backfill::http {

/// Wakes a poll(2) from another thread.
class WakeUp {
public:
    WakeUp();
    WakeUp(WakeUp const&) = delete;
    WakeUp& operator=(WakeUp const&) = delete;
    ~WakeUp();

    void ring() const noexcept;    ///< from any thread
    void silence() const noexcept; ///< not while another thread may ring
    int descriptor() const { return descriptor_; }

private:
    int descriptor_;
    mutable std::atomic<bool> has_rung_{false}; ///< spares a system call for each quiet call
};

/// How long a call may take, and what ends it sooner. The sockets never block: every wait of a call, whether to
/// connect, shake hands, send or read, is a poll(2) here, so that the deadline holds for the whole call (a server that
/// sends one byte a second resets nothing) and a stop ends it in any phase.
class Patience {
public:
    enum class For : short { reading, writing };

    /// `wake_up` must ring when `stop` is requested. `limit` counts from now; `waiting_for` ends the sentence "no …
    /// within 300 ms" of the timeout.
    Patience(WakeUp const& wake_up, std::stop_token stop, std::chrono::milliseconds limit, std::string waiting_for);

    /// The same, but with at most `limit` from now.
    Patience at_most(std::chrono::milliseconds limit, std::string waiting_for) const;

    /// The same, but the timeout speaks of something else.
    Patience waiting_for(std::string what) const;

    std::chrono::milliseconds left() const;

    /// Throws CallFailure when the time is over or a stop was requested.
    void check() const;

    /// Waits until the descriptor can be read or written, or is broken. Throws as check() does.
    void wait(int descriptor, For what) const;

private:
    WakeUp const* wake_up_;
    std::stop_token stop_;
    std::chrono::milliseconds limit_;
    TimePoint deadline_;
    std::string waiting_for_;
};

} // namespace backfill::http
