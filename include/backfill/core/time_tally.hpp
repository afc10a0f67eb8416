#pragma once

#include "backfill/core/clock.hpp"

#include <mutex>

namespace backfill {

/// The total time that threads spend on one thing, overlaps counted for each of them, spans in progress included. Any
/// thread.
class TimeTally {
public:
    explicit TimeTally(Clock const& clock) : clock_{clock} {}

    void begin() { change(1); }
    void end() { change(-1); }

    /// One thread's part, from here to the end of the scope.
    class Span {
    public:
        explicit Span(TimeTally& tally) : tally_{tally} { tally_.begin(); }
        Span(Span const&) = delete;
        Span& operator=(Span const&) = delete;
        ~Span() { tally_.end(); }

    private:
        TimeTally& tally_;
    };

    Clock::Duration total() const
    {
        std::lock_guard lock{mutex_};
        return total_ + busy_ * (clock_.now() - since_);
    }

private:
    void change(int busy)
    {
        std::lock_guard lock{mutex_};
        auto const now = clock_.now();
        total_ += busy_ * (now - since_);
        since_ = now;
        busy_ += busy;
    }

    Clock const& clock_;
    mutable std::mutex mutex_;
    Clock::Duration total_{};
    TimePoint since_{};
    int busy_ = 0;
};

/// A clock that tallies its sleeps.
class TalliedClock final : public Clock {
public:
    explicit TalliedClock(Clock& clock) : clock_{clock}, slept_{clock} {}

    TimePoint now() const override { return clock_.now(); }
    bool sleep_until(TimePoint wake, std::stop_token const& stop) override
    {
        TimeTally::Span const sleep{slept_};
        return clock_.sleep_until(wake, stop);
    }

    Clock::Duration slept() const { return slept_.total(); }

private:
    Clock& clock_;
    TimeTally slept_;
};

} // namespace backfill
