#pragma once

#include "backfill/core/clock.hpp"

#include <functional>
#include <mutex>
#include <vector>

namespace backfill::test {

/// A clock that stands still until somebody sleeps: sleep_until() returns at once, time jumps to the wake-up, and the
/// nap is written down. A minute of backoff costs nothing and can be asserted exactly. Any thread.
class InstantClock final : public Clock {
public:
    TimePoint now() const override;
    bool sleep_until(TimePoint wake, std::stop_token const& stop) override;

    /// How long each sleep was meant to last, in the order of the calls. One that a stop ended is among them, one that
    /// began after a stop is not; a wake-up in the past counts as 0.
    std::vector<Duration> naps() const;
    Duration slept() const; ///< how far the time has moved

    void advance(Duration duration); ///< time passes without a nap

    /// Called in each sleep, before time moves, with the nap's length: the place to request a stop from.
    void on_nap(std::function<void(Duration)> what);

private:
    mutable std::mutex mutex_;
    TimePoint now_ = kStart;
    std::vector<Duration> naps_;
    std::function<void(Duration)> on_nap_;

    static constexpr TimePoint kStart{std::chrono::hours{24}}; ///< not 0: that is how "never" looks
};

} // namespace backfill::test
