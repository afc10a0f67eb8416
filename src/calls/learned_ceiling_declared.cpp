// What a server declares of its quota in its headers: a bound and a brake, until it proves to be something else.

#include "backfill/calls/rate_headers.hpp"
#include "calls/learned_ceiling.hpp"

#include <algorithm>
#include <cmath>

namespace backfill::calls {
namespace {

using std::chrono::seconds;

constexpr double kBrakeBelow = 0.05;
constexpr double kHalfUnused = 0.5;
constexpr double kAtTheBound = 0.8;
constexpr seconds kLongestBrake{60};
constexpr seconds kLongBrake{15};
constexpr seconds kResetUnknown{1};
constexpr seconds kUntilDoubt{70}; // a window and a bit

} // namespace

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
    auto const wait = std::min<Clock::Duration>(reset, kLongestBrake);
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
    if (now < declared_since_ + kUntilDoubt) {
        return;
    }
    auto const most = bound();
    if (rate_ >= kAtTheBound * most && static_cast<double>(accepted_.count(now)) >= kAtTheBound * most * 60
        && least_remaining_ > kHalfUnused) {
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

} // namespace backfill::calls
