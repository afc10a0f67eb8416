#pragma once

#include "backfill/core/clock.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <vector>

namespace backfill::app {

/// A day in UTC, as the number of days since 1970-01-01.
using Day = std::int32_t;
inline constexpr Day kUndated = std::numeric_limits<Day>::min();

/// The day of a row's time key, which is 0 for a message without a readable time.
Day day_of(long long time_key);

/// How long calls took, on a logarithmic scale: 20 steps a decade from 0.1 ms on, so that a quantile is right to 12 %.
/// The last step takes all above 1000 s, longer than any call may take.
class DurationHistogram {
public:
    static constexpr int kStepsPerDecade = 20;
    static constexpr std::size_t kSteps = std::size_t{7} * kStepsPerDecade;
    static constexpr double kShortestMs = 0.1;

    void add(Clock::Duration took);

    std::size_t total() const { return total_; }
    std::array<std::size_t, kSteps> const& counts() const { return counts_; }
    static double step_begin_ms(std::size_t step);
    /// The upper end of the step where the share `part` (0 to 1) is reached, but not more than the longest.
    double quantile_ms(double part) const;
    double longest_ms() const { return longest_ms_; }

private:
    std::array<std::size_t, kSteps> counts_{};
    std::size_t total_ = 0;
    double longest_ms_ = 0;
};

/// Requests by when they were sent, since the start of the run. The intervals widen as it goes on: there are never more
/// than kMost.
class RequestTimeline {
public:
    struct Interval {
        std::size_t sent = 0;
        std::size_t throttled = 0; ///< of these
    };
    static constexpr std::size_t kMost = 8640; ///< a day in intervals of 10 s
    static constexpr std::array kWidths{std::chrono::seconds{10}, std::chrono::seconds{60}, std::chrono::seconds{600},
        std::chrono::seconds{3600}, std::chrono::seconds{86400}}; ///< each a multiple of the one before

    void add(Clock::Duration since_start, bool throttled);

    std::chrono::seconds width() const { return kWidths.at(width_); }
    std::vector<Interval> const& intervals() const { return intervals_; }

private:
    void widen();

    std::vector<Interval> intervals_;
    std::size_t width_ = 0;
};

/// The distributions behind the page's pictures, where RunSnapshot has only sums. Its size does not grow with the run.
/// One thread at a time.
struct RunHistory {
    struct Messages {
        std::size_t fresh = 0;
        std::size_t stored = 0;

        std::size_t all() const { return fresh + stored; }
        Messages& operator+=(Messages const& other);
    };
    /// More than two lifetimes; only made-up times need more.
    static constexpr std::size_t kMostDays = 50'000;
    /// The first size of each class of conversations, in messages.
    static constexpr std::array<std::size_t, 12> kSizes{0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000};

    void messages_seen(Day day, Messages const& seen);
    void conversation_ended(std::size_t messages);

    std::map<Day, Messages> messages_by_day;
    Messages undated; ///< without a readable time, or on a day beyond kMostDays
    std::array<std::size_t, kSizes.size()> conversations_by_size{};
    RequestTimeline freshchat_requests;
    DurationHistogram freshchat_times;
    DurationHistogram supabase_times;
};

} // namespace backfill::app
