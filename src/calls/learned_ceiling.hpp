#pragma once

#include "backfill/calls/quota.hpp"
#include "backfill/http/transport.hpp"
#include "calls/trailing_minute.hpp"

#include <optional>

namespace backfill::calls {

/// Finds how fast to call under an unknown quota per minute that others share. Not thread-safe; times must not run
/// backwards much.
///
/// Begins at two calls a second and doubles every ten clean seconds. The first 429 gives the ceiling: what was accepted
/// in the last minute (later: at most the rate that was being sent), or evenly so far, if the server is free again in
/// three seconds. Everybody pauses; then the rate climbs from 90 % of the ceiling by 2 % every ten seconds to 97 %,
/// rests for a minute, and probes beyond in growing steps, to find quota that another client gave back. A 429 before
/// anything was accepted teaches nothing: the pause over, all begins as at the start. A declared quota is a bound and a
/// brake, never the accelerator.
class LearnedCeiling {
    using Seconds = std::chrono::duration<double>;

public:
    LearnedCeiling(QuotaOptions const& options, TimePoint start);

    /// The earliest moment for the next call. Slots are never lent ahead.
    TimePoint next_slot() const;
    TimePoint resume() const { return resume_; } ///< the end of the last pause
    void slot_taken(TimePoint now);
    /// The quota is not met yet, and a declared one is far away: what spaces the calls is the slow start.
    bool is_warming_up() const { return phase_ == Phase::doubling && (bound() == 0 || rate_ < bound()); }
    Clock::Duration interval() const { return std::chrono::duration_cast<Clock::Duration>(Seconds{1 / rate_}); }

    /// The earliest moment for a retry after a fault: retries get a tenth of the rate once the first fifty are spent.
    TimePoint retry_slot(TimePoint now);

    void accepted(TimePoint now, http::Reply const& reply); ///< its headers in learned_ceiling_declared.cpp

    /// A call that was sent at `sent` came back with 429. `hint` is its Retry-After. In learned_ceiling_rejected.cpp.
    void throttled(TimePoint sent, TimePoint now, std::optional<std::chrono::seconds> hint);

    double per_minute() const { return ceiling_ * 60; } ///< 0 = no ceiling met
    CeilingOrigin origin() const { return origin_; }
    /// Accepted calls ÷ what the ceilings have allowed since the first one, over at least a second: 0 to 1.
    double used_ratio(TimePoint now) const;

private:
    static constexpr std::chrono::seconds kStep{10};
    static constexpr std::chrono::seconds kRest{60};
    static constexpr double kAfterRejection = 0.90;

    enum class Phase { doubling, climbing, resting, probing };

    double share_of_ceiling(double fraction) const { return fraction * options_.share * ceiling_; }
    double bound() const; ///< calls a second that are never exceeded; 0 = none
    void set_rate(double rate);
    void set_ceiling(double rate, TimePoint now);
    void begin_knowing_nothing(TimePoint from);
    void pause_until(TimePoint resume);
    bool learn(TimePoint now, std::optional<std::chrono::seconds> hint);
    Clock::Duration blind_pause(TimePoint now) const;
    void begin(Phase phase, TimePoint now, std::chrono::seconds length);
    void advance(TimePoint now);
    void lower_ceiling(TimePoint now, std::optional<std::chrono::seconds> hint);
    void read_declared(TimePoint now, http::Reply const& reply);
    void brake(TimePoint now, Clock::Duration reset);
    void doubt_declared(TimePoint now, double remaining);

    QuotaOptions const options_;
    double rate_ = 0;     ///< calls a second, now
    double ceiling_ = 0;  ///< calls a second
    double declared_ = 0; ///< calls a second; 0 = nothing declared, or not believed
    bool believes_headers_ = true;
    CeilingOrigin origin_ = CeilingOrigin::none;

    Phase phase_ = Phase::doubling;
    TimePoint phase_began_;
    TimePoint phase_ends_;
    double taken_in_phase_ = 0;
    double kept_rate_ = 0; ///< calls a second, accepted for a whole phase of doubling
    double probe_step_ = 0;
    std::chrono::seconds rest_{60};

    TimePoint theoretical_arrival_; ///< GCRA
    TimePoint retry_arrival_;
    TimePoint resume_{};        ///< nobody passes before
    TimePoint episode_began_{}; ///< of the last 429 that counted
    TimePoint clean_since_{};   ///< the last resume
    int pauses_in_episode_ = 0;
    enum class Met { nothing, too_little, quota } met_ = Met::nothing; ///< by 429s that came after accepted calls
    TimePoint evidence_since_{}; ///< calls accepted before say nothing: who else used their window is unknown
    std::size_t accepted_since_pause_ = 0;
    enum class Kind { unknown, asked, bucket, window } kind_ = Kind::unknown; ///< asked: the next scout tells
    double window_reading_ = 0; ///< calls a second: the last ceiling, if the quota is one of windows …
    double bucket_reading_ = 0; ///< … or a bucket's
    TimePoint empty_since_{};   ///< the first 429 of the episode
    std::size_t accepted_since_empty_ = 0;
    enum class Scout { none, wanted, out } scout_ = Scout::none; ///< one call goes first after a pause

    TrailingMinute accepted_;
    std::size_t accepted_total_ = 0;
    TimePoint first_accepted_{};
    double allowed_ = 0;        ///< calls, by the ceilings before this one
    TimePoint allowed_since_{}; ///< by this one
    TimePoint declared_since_{};
    double least_remaining_ = 0; ///< since declared_since_, as a share of the declared quota
    int long_brakes_ = 0;
};

} // namespace backfill::calls
