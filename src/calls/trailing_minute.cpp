#include "calls/trailing_minute.hpp"

#include <algorithm>

namespace backfill::calls {

void TrailingMinute::add(TimePoint when)
{
    auto const tick = tick_of(when);
    auto& bucket = buckets_[static_cast<std::size_t>(tick % kTicks)];
    if (bucket.tick != tick) {
        bucket = {tick, 0};
    }
    ++bucket.events;
}

std::size_t TrailingMinute::count_since(TimePoint from, TimePoint now) const
{
    std::size_t events = 0;
    auto const oldest = std::max(tick_of(from), tick_of(now) - kTicks);
    for (auto const& bucket : buckets_) {
        events += bucket.tick > oldest ? bucket.events : 0;
    }
    return events;
}

std::optional<TimePoint> TrailingMinute::first_leaves(TimePoint now) const
{
    for (auto tick = tick_of(now) - kTicks + 1; tick <= tick_of(now); ++tick) {
        if (at(tick).tick == tick && at(tick).events > 0) {
            return TimePoint{(tick + kTicks + 1) * kTick};
        }
    }
    return std::nullopt;
}

} // namespace backfill::calls
