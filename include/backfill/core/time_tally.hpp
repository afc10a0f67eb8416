#pragma once

#include "backfill/core/clock.hpp"

#include <cstddef>

namespace backfill {

/// The total time of several overlapping activities, those in progress included. One thread at a time; times must not
/// run backwards.
class TimeTally {
public:
    void begin(TimePoint now)
    {
        total_ = total(now);
        since_ = now;
        ++busy_;
    }

    void end(TimePoint now)
    {
        total_ = total(now);
        since_ = now;
        --busy_;
    }

    Clock::Duration total(TimePoint now) const { return total_ + busy_ * (now - since_); }

private:
    Clock::Duration total_{};
    TimePoint since_{};
    int busy_ = 0;
};

} // namespace backfill
