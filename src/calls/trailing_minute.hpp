#pragma once

#include "backfill/core/clock.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace backfill::calls {

/// Counts the events of the last 60 seconds, to a tenth of a second, in constant memory.
class TrailingMinute {
public:
    void add(TimePoint when);
    std::size_t count(TimePoint now) const { return count_since(now - std::chrono::minutes{1}, now); }
    std::size_t count_since(TimePoint from, TimePoint now) const; ///< at most the minute before `now`

    /// When the minute's first event drops out of it; nothing without one.
    std::optional<TimePoint> first_leaves(TimePoint now) const;

private:
    static constexpr std::chrono::milliseconds kTick{100};
    static constexpr std::int64_t kTicks = 600;
    struct Bucket {
        std::int64_t tick = -kTicks - 1;
        std::size_t events = 0;
    };
    static std::int64_t tick_of(TimePoint when) { return when.time_since_epoch() / kTick; }
    Bucket const& at(std::int64_t tick) const { return buckets_[static_cast<std::size_t>(tick % kTicks)]; }

    std::array<Bucket, kTicks> buckets_{};
};

} // namespace backfill::calls
