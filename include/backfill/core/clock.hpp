#pragma once

#include <chrono>
#include <stop_token>

namespace backfill {

using TimePoint = std::chrono::steady_clock::time_point;

/// Every pause, backoff and deadline goes through a Clock, so tests replace it and assert the naps instead of sleeping.
/// Any thread.
class Clock {
public:
    using Duration = std::chrono::steady_clock::duration;

    Clock() = default;
    Clock(Clock const&) = delete;
    Clock& operator=(Clock const&) = delete;
    virtual ~Clock() = default;

    virtual TimePoint now() const = 0;

    /// Returns true when `wake` is reached, false as soon as a stop is requested, also before the call.
    virtual bool sleep_until(TimePoint wake, std::stop_token const& stop) = 0;
};

class SteadyClock final : public Clock {
public:
    TimePoint now() const override;
    bool sleep_until(TimePoint wake, std::stop_token const& stop) override;
};

} // namespace backfill
