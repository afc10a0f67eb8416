#include "backfill/calls/rate_gate.hpp"

#include "backfill/calls/retry.hpp"
#include "calls/learned_ceiling.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace backfill::calls {

RateGate::RateGate(Clock& clock) : clock_{clock}, waited_{clock}, warmup_{clock}, in_calls_{clock} {}

RateGate::RateGate(Clock& clock, QuotaOptions const& options)
    : clock_{clock},
      max_wait_{options.max_wait},
      ceiling_{std::make_unique<LearnedCeiling>(options, clock.now())},
      waited_{clock},
      warmup_{clock},
      in_calls_{clock}
{
}

RateGate::~RateGate() = default;

TimePoint RateGate::next_slot() const
{
    return ceiling_ ? std::max(resume_, ceiling_->next_slot()) : resume_;
}

TimePoint RateGate::pause_ends() const
{
    return ceiling_ ? std::max(resume_, ceiling_->resume()) : resume_;
}

bool RateGate::is_warming_up(TimePoint now) const
{
    return ceiling_ && pause_ends() <= now && ceiling_->is_warming_up();
}

RateGate::Pass RateGate::wait(std::stop_token const& stop, Pauses& pauses)
{
    constexpr std::chrono::seconds kLookAgain{1}; // for waiters far back in line, as the rate may have grown
    std::unique_lock lock{mutex_};
    auto const place = line_.insert(next_ticket_++).first;
    auto ending = Pass::stopped;
    while (!stop.stop_requested()) {
        auto const now = clock_.now();
        auto wake = next_slot();
        if (now >= wake) {
            line_.erase(place);
            if (ceiling_) {
                ceiling_->slot_taken(now);
            }
            in_calls_.begin();
            return Pass::free;
        }
        auto const pause = pause_ends();
        if (pause > now && pause - now > pauses.most - pauses.spent) {
            ending = Pass::too_long;
            break;
        }
        if (ceiling_) {
            auto const ahead = std::distance(line_.begin(), place);
            wake += std::min<Clock::Duration>(ahead * ceiling_->interval(), kLookAgain);
        }
        TimeTally::Span const waits{is_warming_up(now) ? warmup_ : waited_};
        lock.unlock();
        clock_.sleep_until(wake, stop);
        lock.lock();
        pauses.spent += std::max(std::min(clock_.now(), pause) - now, Clock::Duration::zero());
    }
    line_.erase(place);
    return ending;
}

void RateGate::answered(TimePoint sent, http::Outcome const& outcome)
{
    auto const* const reply = std::get_if<http::Reply>(&outcome);
    bool const throttled = is_throttled(outcome);
    auto const hint = throttled ? retry_after(*reply, std::chrono::system_clock::now()) : std::nullopt;
    std::lock_guard lock{mutex_};
    auto const now = clock_.now();
    in_calls_.end();
    if (!ceiling_ || !reply) {
        return;
    }
    if (throttled) {
        ceiling_->throttled(sent, now, hint && *hint <= max_wait_ ? hint : std::nullopt);
    } else {
        ceiling_->accepted(now, *reply);
        std::chrono::duration<double> const took = now - sent;
        answer_time_ = answer_time_.count() == 0 ? took : answer_time_ + (took - answer_time_) / 8;
    }
}

std::size_t RateGate::calls_needed() const
{
    constexpr double kMargin = 1.25;
    std::lock_guard lock{mutex_};
    if (!ceiling_ || answer_time_.count() == 0) {
        return 0;
    }
    constexpr double kMost = 1000; // a declared ceiling may leave no time between two calls
    std::chrono::duration<double> const interval = ceiling_->interval();
    return static_cast<std::size_t>(std::ceil(std::min(kMargin * answer_time_ / interval, kMost))) + 1;
}

void RateGate::pause_until(TimePoint resume)
{
    std::lock_guard lock{mutex_};
    resume_ = std::max(resume_, resume);
}

bool RateGate::back_off(TimePoint earliest, std::stop_token const& stop)
{
    std::unique_lock lock{mutex_};
    auto const wake = ceiling_ ? ceiling_->retry_slot(earliest) : earliest;
    lock.unlock();
    TimeTally::Span const in_calls{in_calls_};
    return clock_.sleep_until(wake, stop);
}

Clock::Duration RateGate::pause_left() const
{
    std::lock_guard lock{mutex_};
    return std::max(pause_ends() - clock_.now(), Clock::Duration::zero());
}

Traffic RateGate::traffic() const
{
    std::lock_guard lock{mutex_};
    auto const now = clock_.now();
    Traffic traffic;
    traffic.waited = waited_.total();
    traffic.warmup = warmup_.total();
    traffic.in_calls = in_calls_.total();
    traffic.is_warming_up = is_warming_up(now);
    traffic.waiting = line_.size();
    traffic.next_slot_in = std::max(next_slot() - now, Clock::Duration::zero());
    if (ceiling_) {
        traffic.ceiling_per_minute = ceiling_->per_minute();
        traffic.origin = ceiling_->origin();
        traffic.used_ratio = ceiling_->used_ratio(now);
    }
    return traffic;
}

} // namespace backfill::calls
