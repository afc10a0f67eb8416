#include "app/facts/run_history.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace backfill::app {
namespace {

double milliseconds(Clock::Duration duration)
{
    return std::chrono::duration<double, std::milli>(duration).count();
}

} // namespace

Day day_of(long long time_key)
{
    if (time_key == 0) {
        return kUndated;
    }
    constexpr long long kDay = 86'400'000'000;
    return static_cast<Day>(time_key / kDay - (time_key % kDay < 0 ? 1 : 0));
}

void DurationHistogram::add(Clock::Duration took)
{
    auto const ms = milliseconds(took);
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

void RunHistory::messages_seen(MessageDays const& days)
{
    auto const count = [this](std::vector<Day> const& seen, std::size_t Messages::*which) {
        for (auto const day : seen) {
            auto const known = messages_by_day.find(day);
            if (known != messages_by_day.end()) {
                ++(known->second.*which);
            } else if (day == kUndated || messages_by_day.size() >= kMostDays) {
                ++(undated.*which);
            } else {
                ++(messages_by_day[day].*which);
            }
        }
    };
    count(days.fresh, &Messages::fresh);
    count(days.stored, &Messages::stored);
}

void RunHistory::conversation_ended(std::size_t messages)
{
    auto const above = std::upper_bound(kSizes.begin(), kSizes.end(), messages);
    ++conversations_by_size.at(static_cast<std::size_t>(above - kSizes.begin()) - 1);
}

} // namespace backfill::app
