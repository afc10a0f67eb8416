#include "app/facts/run_history.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace backfill::app {

Day day_of(long long time_key)
{
    auto const since_1970 = std::chrono::floor<std::chrono::days>(std::chrono::microseconds{time_key});
    return time_key == 0 ? kUndated : static_cast<Day>(since_1970.count());
}

void DurationHistogram::add(Clock::Duration took)
{
    auto const ms = std::chrono::duration<double, std::milli>(took).count();
    auto const step = std::floor(std::log10(std::max(ms, kShortestMs) / kShortestMs) * kStepsPerDecade);
    ++counts_.at(std::min(static_cast<std::size_t>(step), kSteps - 1));
    ++total_;
    longest_ms_ = std::max(longest_ms_, ms);
}

double DurationHistogram::step_begin_ms(std::size_t step)
{
    return kShortestMs * std::pow(10.0, static_cast<double>(step) / kStepsPerDecade);
}

double DurationHistogram::quantile_ms(double part) const
{
    auto const wanted = part * static_cast<double>(total_);
    std::size_t reached = 0;
    for (std::size_t step = 0; step < kSteps; ++step) {
        reached += counts_[step];
        if (reached > 0 && static_cast<double>(reached) >= wanted) {
            return std::min(step_begin_ms(step + 1), longest_ms_);
        }
    }
    return longest_ms_;
}

void RequestTimeline::add(Clock::Duration since_start, bool throttled)
{
    auto const place = [&] {
        return static_cast<std::size_t>(std::max(since_start, Clock::Duration::zero()) / Clock::Duration{width()});
    };
    while (place() >= kMost && width_ + 1 < kWidths.size()) {
        widen();
    }
    auto const at = std::min(place(), kMost - 1);
    if (at >= intervals_.size()) {
        intervals_.resize(at + 1);
    }
    ++intervals_[at].sent;
    intervals_[at].throttled += throttled ? 1 : 0;
}

void RequestTimeline::widen()
{
    auto const times = static_cast<std::size_t>(kWidths.at(width_ + 1) / kWidths.at(width_));
    std::vector<Interval> wider((intervals_.size() + times - 1) / times);
    for (std::size_t i = 0; i < intervals_.size(); ++i) {
        wider[i / times].sent += intervals_[i].sent;
        wider[i / times].throttled += intervals_[i].throttled;
    }
    intervals_ = std::move(wider);
    ++width_;
}

RunHistory::Messages& RunHistory::Messages::operator+=(Messages const& other)
{
    fresh += other.fresh;
    stored += other.stored;
    return *this;
}

void RunHistory::messages_seen(Day day, Messages const& seen)
{
    bool const kept = messages_by_day.contains(day) || (day != kUndated && messages_by_day.size() < kMostDays);
    (kept ? messages_by_day[day] : undated) += seen;
}

void RunHistory::conversation_ended(std::size_t messages)
{
    auto const above = std::upper_bound(kSizes.begin(), kSizes.end(), messages);
    ++conversations_by_size.at(static_cast<std::size_t>(above - kSizes.begin()) - 1);
}

} // namespace backfill::app
