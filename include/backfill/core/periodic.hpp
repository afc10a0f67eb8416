#pragma once

#include "backfill/core/clock.hpp"

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

namespace backfill {

/// Calls a function from a thread of its own until it is destroyed: `period` after the last call ended, and at once on
/// ask().
class Periodic {
public:
    enum class Cause : std::uint8_t { period, asked };
    using Body = std::function<void(Cause cause, std::stop_token const& end)>; ///< `end` is requested by end()

    enum class First : std::uint8_t { at_once, after_period };

    Periodic(Clock& clock, Clock::Duration period, First first, Body body);
    ~Periodic();
    Periodic(Periodic const&) = delete;
    Periodic& operator=(Periodic const&) = delete;

    /// Any thread; does not wait for the call.
    void ask();

    /// Waits for a call in progress; none follows.
    void end();

private:
    void run();
    std::optional<Cause> next_cause(); ///< waits until the next call is due; nothing at the end

    Clock& clock_;
    Clock::Duration const period_;
    Body const body_;

    std::mutex mutex_;
    std::stop_source end_;
    std::stop_source wake_; ///< of the current rest
    bool asked_;
    std::thread thread_;
};

} // namespace backfill
