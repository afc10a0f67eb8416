#pragma once

#include "backfill/core/clock.hpp"
#include "backfill/core/time_tally.hpp"

#include <mutex>

namespace backfill::app {

/// The time that threads, all together, spend on waiting for one thing; what has not ended yet is in it. Any thread.
class WaitTally {
public:
    explicit WaitTally(Clock const& clock) : clock_{clock} {}

    /// One thread's wait, from here to the end of the scope.
    class Wait {
    public:
        explicit Wait(WaitTally& tally) : tally_{tally}
        {
            std::lock_guard lock{tally_.mutex_};
            tally_.time_.begin(tally_.clock_.now());
        }
        Wait(Wait const&) = delete;
        Wait& operator=(Wait const&) = delete;
        ~Wait()
        {
            std::lock_guard lock{tally_.mutex_};
            tally_.time_.end(tally_.clock_.now());
        }

    private:
        WaitTally& tally_;
    };

    Clock::Duration total() const
    {
        std::lock_guard lock{mutex_};
        return time_.total(clock_.now());
    }

private:
    Clock const& clock_;
    mutable std::mutex mutex_;
    TimeTally time_;
};

/// A clock whose sleeps are counted.
class TalliedClock final : public Clock {
public:
    explicit TalliedClock(Clock& clock) : clock_{clock}, slept_{clock} {}

    TimePoint now() const override { return clock_.now(); }
    bool sleep_until(TimePoint wake, std::stop_token const& stop) override
    {
        WaitTally::Wait const sleep{slept_};
        return clock_.sleep_until(wake, stop);
    }

    Clock::Duration slept() const { return slept_.total(); }

private:
    Clock& clock_;
    WaitTally slept_;
};

} // namespace backfill::app
