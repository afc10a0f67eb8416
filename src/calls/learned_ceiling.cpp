#include "calls/learned_ceiling.hpp"

#include "backfill/calls/rate_headers.hpp"

#include <algorithm>
#include <cmath>

namespace backfill::calls {
namespace {

using std::chrono::seconds;

constexpr double kFirstRate = 2; // calls a second: slow enough for the smallest plan, doubled six times in a minute
constexpr double kLeastRate = 1.0 / 120;
constexpr seconds kStep{10};
constexpr seconds kMinute{60};
constexpr seconds kRest{60};
constexpr seconds kLongestRest{480};
constexpr seconds kFirstBlindPause{3};
constexpr seconds kLongestBlindPause{60};
constexpr double kWellUsed = 0.8; // share of slots taken; below it, the rate is not what holds the run back
constexpr double kAfterRejection = 0.90;
constexpr double kClimb = 0.02;
constexpr double kCruise = 0.97;
constexpr double kFirstProbe = 0.01;
constexpr double kLargestProbe = 0.08;
constexpr int kPausesUntilDoubt = 3;
constexpr seconds kScoutOverdue{1};
constexpr double kRetryShare = 0.1;
constexpr int kFreeRetries = 50;
constexpr double kBrakeBelow = 0.05;
constexpr seconds kLongBrake{15};
constexpr seconds kResetUnknown{1};
constexpr seconds kShortest{1}; // a few calls in a moment say nothing about a quota per minute

} // namespace

LearnedCeiling::LearnedCeiling(QuotaOptions const& options, TimePoint start)
    : options_{options},
      rate_{kFirstRate / static_cast<double>(options.shards)},
      phase_began_{start},
      phase_ends_{start + kStep},
      theoretical_arrival_{start},
      retry_arrival_{start - std::chrono::hours{24}}
{
    // A remembered ceiling below the given one was met, so begin there: probing finds what is free up to the given one.
    // One above it says nothing.
    auto const remembered = options_.remembered_per_minute;
    if (remembered > 0 && (options_.max_per_minute == 0 || remembered < options_.max_per_minute)) {
        ceiling_ = remembered / 60 / static_cast<double>(options_.shards);
        origin_ = CeilingOrigin::learned;
        set_rate(share_of_ceiling(kCruise));
        begin(Phase::resting, start, rest_);
    }
    if (auto const most = bound(); most > 0 && ceiling_ == 0) {
        ceiling_ = most / options_.share;
        origin_ = CeilingOrigin::given;
        set_rate(most);
        begin(Phase::resting, start, rest_);
    }
}

double LearnedCeiling::bound() const
{
    auto const shards = static_cast<double>(options_.shards);
    auto const given = options_.max_per_minute / 60;
    auto const total = given > 0 && declared_ > 0 ? std::min(given, declared_) : std::max(given, declared_);
    return total * options_.share / shards;
}

void LearnedCeiling::set_rate(double rate)
{
    auto const most = bound();
    rate_ = std::max(most > 0 ? std::min(rate, most) : rate, kLeastRate);
}

void LearnedCeiling::set_ceiling(double rate, TimePoint now)
{
    // The first ceiling counts from the start: nothing was known before.
    if (ceiling_ > 0 && accepted_total_ > 0) {
        allowed_ += ceiling_ * Seconds{now - allowed_since_}.count();
        allowed_since_ = now;
    }
    ceiling_ = rate;
}

void LearnedCeiling::begin(Phase phase, TimePoint now, seconds length)
{
    phase_ = phase;
    phase_began_ = now;
    phase_ends_ = now + length;
    taken_in_phase_ = 0;
}

TimePoint LearnedCeiling::next_slot() const
{
    return std::max(resume_, theoretical_arrival_);
}

void LearnedCeiling::slot_taken(TimePoint now)
{
    advance(now);
    // Keeps one slot that was not taken in time: a burst of two.
    theoretical_arrival_ = std::max(theoretical_arrival_, now - interval()) + interval();
    ++taken_in_phase_;
    if (scout_ == Scout::wanted) { // the others follow once it is accepted or overdue
        scout_ = Scout::out;
        theoretical_arrival_ = now + kScoutOverdue;
    }
}

TimePoint LearnedCeiling::retry_slot(TimePoint now)
{
    auto const interval = std::chrono::duration_cast<Clock::Duration>(Seconds{1 / (rate_ * kRetryShare)});
    retry_arrival_ = std::max(retry_arrival_, now - kFreeRetries * interval) + interval;
    return std::max(now, retry_arrival_);
}

/// Sets the next rate after a phase without a rejection.
void LearnedCeiling::advance(TimePoint now)
{
    if (now < phase_ends_) {
        return;
    }
    bool const well_used = taken_in_phase_ >= kWellUsed * rate_ * Seconds{now - phase_began_}.count();
    switch (phase_) {
    case Phase::doubling:
        set_rate(well_used ? 2 * rate_ : rate_);
        begin(Phase::doubling, now, kStep);
        return;
    case Phase::climbing:
        set_rate(std::min(rate_ + share_of_ceiling(kClimb), share_of_ceiling(kCruise)));
        if (rate_ < share_of_ceiling(kCruise) * 0.999) {
            begin(Phase::climbing, now, kStep);
        } else {
            begin(Phase::resting, now, rest_);
        }
        return;
    case Phase::resting:
        probe_step_ = kFirstProbe;
        [[fallthrough]];
    case Phase::probing:
        if (well_used) {
            set_rate(rate_ * (1 + probe_step_));
            probe_step_ = std::min(2 * probe_step_, kLargestProbe);
            if (rate_ > ceiling_) { // it was sent and accepted, so it is there
                set_ceiling(rate_, now);
                rest_ = kRest;
            }
        }
        begin(Phase::probing, now, kStep);
        return;
    }
}

void LearnedCeiling::accepted(TimePoint now, http::Reply const& reply)
{
    if (accepted_total_++ == 0) {
        first_accepted_ = allowed_since_ = now;
    }
    accepted_.add(now);
    if (scout_ == Scout::out) {
        scout_ = Scout::none;
        theoretical_arrival_ = now;
    }
    if (now >= clean_since_ + kStep) {
        pauses_in_episode_ = 0;
    }
    if (believes_headers_) {
        read_declared(now, reply);
    }
}

void LearnedCeiling::pause_until(TimePoint resume)
{
    resume_ = std::max(resume_, resume);
}

void LearnedCeiling::throttled(TimePoint sent, TimePoint now, std::optional<seconds> hint)
{
    if (hint) {
        pause_until(now + *hint);
    }
    long_brakes_ = 0;
    if (sent <= episode_began_) {
        return; // it was under way when the pause began
    }
    episode_began_ = now;
    // A rejection soon after a pause says that the pause was too short, not yet that the rate is too high.
    ++pauses_in_episode_;
    if (pauses_in_episode_ == 1 || pauses_in_episode_ % kPausesUntilDoubt == 0) {
        lower_ceiling(now, hint.value_or(seconds{0}));
    }
    if (!hint) {
        auto const blind = std::min<Clock::Duration>(
            kLongestBlindPause, kFirstBlindPause * (1 << std::min(pauses_in_episode_ - 1, 5)));
        pause_until(std::max(now + blind, accepted_.first_leaves(now).value_or(now)));
    }
    clean_since_ = resume_;
    set_rate(share_of_ceiling(kAfterRejection));
    theoretical_arrival_ = resume_;
    scout_ = Scout::wanted;
    begin(Phase::climbing, resume_, kStep);
}

/// The next window begins `turn` from now, if the server said so; the full one began a minute before that.
void LearnedCeiling::lower_ceiling(TimePoint now, seconds turn)
{
    auto const began = now - kMinute + (turn < kMinute ? turn : seconds{0});
    auto const taken = static_cast<double>(std::max<std::size_t>(accepted_.count_since(began, now), 1)) / 60;
    auto const last = ceiling_;
    if (origin_ == CeilingOrigin::none) {
        set_ceiling(taken, now);
    } else {
        auto const sent = pauses_in_episode_ == 1 ? rate_ : ceiling_;
        // Halve it at most: a minute that began with a pause says too little.
        set_ceiling(std::max(std::min(taken, sent), ceiling_ / 2), now);
    }
    if (options_.share < 1 && last > 0 && std::abs(ceiling_ - last) < 0.05 * last) {
        rest_ = std::min(2 * rest_, kLongestRest); // the same again: leave live traffic its room longer
    } else {
        rest_ = kRest;
    }
    origin_ = CeilingOrigin::learned;
}

/// A declared total bounds the rate at once; when little is left, wait for the next window.
void LearnedCeiling::read_declared(TimePoint now, http::Reply const& reply)
{
    auto const headers = read_rate_headers(reply);
    if (!headers.total) {
        return;
    }
    if (std::abs(declared_ - *headers.total / 60) > 1e-9) {
        declared_ = *headers.total / 60;
        declared_since_ = now;
        least_remaining_ = 1;
        auto const most = declared_ / static_cast<double>(options_.shards);
        if (ceiling_ == 0 || ceiling_ > most) {
            set_ceiling(most, now);
            origin_ = CeilingOrigin::declared;
        }
        set_rate(rate_);
    }
    if (headers.remaining) {
        doubt_declared(now, *headers.remaining / *headers.total);
    }
    if (believes_headers_ && headers.remaining && *headers.remaining < kBrakeBelow * *headers.total) {
        brake(now, std::chrono::duration_cast<Clock::Duration>(headers.reset.value_or(kResetUnknown)));
    }
}

void LearnedCeiling::brake(TimePoint now, Clock::Duration reset)
{
    auto const wait = std::min<Clock::Duration>(reset, kLongestBlindPause);
    if (now >= resume_ && wait > kLongBrake && ++long_brakes_ == 2) {
        believes_headers_ = false; // evenly paced calls never need long waits under a quota per minute
        declared_ = 0;
        return;
    }
    pause_until(now + wait);
}

/// A minute at the bound that hardly uses the declared quota shows that it does not count calls per minute.
void LearnedCeiling::doubt_declared(TimePoint now, double remaining)
{
    least_remaining_ = std::min(least_remaining_, remaining);
    if (now < declared_since_ + kRest + kStep) {
        return;
    }
    auto const most = bound();
    if (rate_ >= kWellUsed * most && static_cast<double>(accepted_.count(now)) >= kWellUsed * most * 60
        && least_remaining_ > 0.5) {
        believes_headers_ = false;
        declared_ = 0;
        if (origin_ == CeilingOrigin::declared) {
            origin_ = CeilingOrigin::none;
            set_ceiling(0, now);
            begin(Phase::doubling, now, kStep);
        }
    }
    declared_since_ = now;
    least_remaining_ = 1;
}

double LearnedCeiling::used_ratio(TimePoint now) const
{
    auto const short_of = std::max(kShortest - Seconds{now - first_accepted_}, Seconds{0});
    auto const allowed = allowed_ + ceiling_ * (Seconds{now - allowed_since_} + short_of).count();
    // Accepted calls were allowed, whatever the ceiling was thought to be.
    return ceiling_ > 0 && accepted_total_ > 1 ? std::min(1.0, static_cast<double>(accepted_total_ - 1) / allowed) : 0;
}

} // namespace backfill::calls
