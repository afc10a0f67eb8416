#include "app/progress/progress_meter.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace backfill::app {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr std::chrono::minutes kRecent{1};
constexpr std::chrono::seconds kApart{1};   // between samples; closer ones tell no more
constexpr std::chrono::seconds kTooSoon{5}; // for an estimate
constexpr std::chrono::seconds kWorthTelling{1};
constexpr double kWidestSpread = 0.5; // share by which an end of the range may move

/// Per second; 0 when no time has passed.
double rate(std::size_t from, std::size_t to, Clock::Duration time)
{
    return time > Clock::Duration::zero() ? static_cast<double>(to - from) / Seconds{time}.count() : 0;
}

} // namespace

ProgressView ProgressMeter::look(RunSnapshot run)
{
    ProgressView view;
    Sample const now{run.elapsed, run.conversations.done(), run.freshchat.sent, run.waits};
    if (run.phase == Phase::running) {
        first_ = first_.value_or(now);
        if (now.done != last_done_) {
            last_done_ = now.done;
            last_done_at_ = now.at;
        }
        if (recent_.empty() || now.at >= recent_.back().at + kApart) {
            recent_.push_back(now);
        }
        while (recent_.size() > 1 && recent_[1].at <= now.at - kRecent) {
            recent_.pop_front();
        }
        auto const& before = recent_.front();
        view.conversations_per_minute = 60 * rate(before.done, now.done, now.at - before.at);
        view.limited_by = (now.waits - before.waits).longest();
        view.left = left(run, now);
    }
    view.run = std::move(run);
    return view;
}

std::optional<ProgressView::Range> ProgressMeter::left(RunSnapshot const& run, Sample const& now) const
{
    auto const since_first = now.at - first_->at;
    auto const done = now.done - first_->done;
    if (run.conversations.not_reached() == 0 || done == 0 || since_first < kTooSoon) {
        return std::nullopt;
    }
    // Where conversations need no calls (all are skipped), count conversations instead.
    auto const work = [&](Sample const& sample) { return now.calls > first_->calls ? sample.calls : sample.done; };
    auto const per_conversation = static_cast<double>(work(now) - work(*first_)) / static_cast<double>(done);
    auto const work_left = static_cast<double>(run.conversations.not_reached()) * per_conversation;
    auto const overall = rate(work(*first_), work(now), since_first);
    auto const recent = rate(work(recent_.front()), work(now), now.at - recent_.front().at);
    auto const spread = std::min(kWidestSpread, 1 / std::sqrt(static_cast<double>(done)));
    auto const slower = recent > 0 ? std::min(recent, overall) : overall;
    ProgressView::Range const range{
        std::chrono::duration_cast<Clock::Duration>(Seconds{work_left / std::max(recent, overall) * (1 - spread)}),
        std::chrono::duration_cast<Clock::Duration>(Seconds{work_left / slower * (1 + spread)})};
    // The last ones wait or are tried again: their number says nothing of when they end.
    bool const is_overdue = now.at - last_done_at_ > range.high || run.traffic.next_slot_in > range.high;
    return is_overdue || range.high < kWorthTelling ? std::nullopt : std::optional{range};
}

} // namespace backfill::app
