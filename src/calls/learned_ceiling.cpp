#include "calls/learned_ceiling.hpp"

#include <algorithm>

namespace backfill::calls {
namespace {

using std::chrono::seconds;

constexpr double kFirstRate = 2; // calls a second: slow enough for the smallest plan, doubled six times in a minute
constexpr double kLeastRate = 1.0 / 120;
constexpr double kWellUsed = 0.8; // share of slots taken; below it, the rate is not what holds the run back
constexpr double kClimb = 0.02;
constexpr double kCruise = 0.97;
constexpr double kFirstProbe = 0.01;
constexpr double kLargestProbe = 0.08;
constexpr seconds kScoutOverdue{1};
constexpr double kRetryShare = 0.1;
constexpr int kFreeRetries = 50;
constexpr seconds kShortest{1}; // a few calls in a moment say nothing about a quota per minute

} // namespace

LearnedCeiling::LearnedCeiling(QuotaOptions const& options, TimePoint start)
    : options_{options}, theoretical_arrival_{start}, retry_arrival_{start - std::chrono::hours{24}}
{
    // A remembered ceiling below the given one was met, so begin there: probing finds what is free up to the given one.
    // One above it says nothing.
    auto const remembered = options_.remembered_per_minute;
    if (remembered > 0 && (options_.max_per_minute == 0 || remembered < options_.max_per_minute)) {
        ceiling_ = remembered / 60 / static_cast<double>(options_.shards);
        origin_ = CeilingOrigin::learned;
    } else if (auto const most = bound(); most > 0) {
        ceiling_ = most / options_.share;
        origin_ = CeilingOrigin::given;
    }
    begin_knowing_nothing(start);
}

/// Of the quota by own calls, that is.
void LearnedCeiling::begin_knowing_nothing(TimePoint from)
{
    evidence_since_ = from;
    if (ceiling_ > 0) {
        set_rate(origin_ == CeilingOrigin::given ? bound() : share_of_ceiling(kCruise));
        begin(Phase::resting, from, rest_);
    } else {
        set_rate(kFirstRate / static_cast<double>(options_.shards));
        begin(Phase::doubling, from, kStep);
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
        if (well_used) {
            kept_rate_ = rate_;
            set_rate(2 * rate_);
        }
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
    ++accepted_since_empty_;
    if (now >= resume_) {
        ++accepted_since_pause_;
    }
    if (scout_ == Scout::out) {
        scout_ = Scout::none;
        theoretical_arrival_ = now;
        if (kind_ == Kind::asked) { // free again so soon
            kind_ = Kind::bucket;
            set_ceiling(bucket_reading_, now);
            set_rate(share_of_ceiling(kAfterRejection));
        }
    }
    if (now >= clean_since_ + kStep || ceiling_ == 0) {
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

double LearnedCeiling::used_ratio(TimePoint now) const
{
    auto const short_of = std::max(kShortest - Seconds{now - first_accepted_}, Seconds{0});
    auto const allowed = allowed_ + ceiling_ * (Seconds{now - allowed_since_} + short_of).count();
    // Accepted calls were allowed, whatever the ceiling was thought to be.
    return ceiling_ > 0 && accepted_total_ > 1 ? std::min(1.0, static_cast<double>(accepted_total_ - 1) / allowed) : 0;
}

} // namespace backfill::calls
