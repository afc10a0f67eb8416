#pragma once

#include "backfill/core/clock.hpp"
#include "backfill/http/transport.hpp"

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
    void silence() const noexcept; ///< while no other thread rings
    int descriptor() const { return descriptor_; }

private:
    int descriptor_;
    mutable std::atomic<bool> has_rung_{false}; ///< saves a system call per silence()
};

/// How long a call may take, and what ends it sooner. Every wait of a call (to connect, shake hands, send, read) is a
/// poll(2) here, so the deadline covers the whole call (a server that sends one byte a second resets nothing) and a
/// stop ends any phase.
class Patience {
public:
    enum class For : short { reading, writing };

    /// `wake_up` must ring when `stop` is requested. `limit` counts from now; `waiting_for` completes the timeout's
    /// message, "no … within 300 ms".
    Patience(WakeUp const& wake_up, std::stop_token stop, std::chrono::milliseconds limit, std::string waiting_for);

    /// A copy limited to `limit` from now.
    Patience at_most(std::chrono::milliseconds limit, std::string waiting_for) const;

    /// A copy with another text for the timeout's message.
    Patience waiting_for(std::string what) const;

    std::chrono::milliseconds left() const;

    /// Throws TransportError when time is up or a stop was requested.
    void check() const;

    /// Waits until the descriptor is readable or writable, or broken. Throws as check() does.
    void wait(int descriptor, For what) const;

private:
    WakeUp const* wake_up_;
    std::stop_token stop_;
    std::chrono::milliseconds limit_;
    TimePoint deadline_;
    std::string waiting_for_;
};

} // namespace backfill::http
