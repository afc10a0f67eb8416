// What a 429 teaches of the quota: nothing, how much a window holds, or how fast a bucket fills.

#include "calls/learned_ceiling.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace backfill::calls {
namespace {

using std::chrono::seconds;

constexpr seconds kMinute{60};
constexpr seconds kLongestRest{480};
constexpr std::array kBlindPauses{seconds{3}, seconds{10}, seconds{30}, seconds{60}}; // the last one again and again
constexpr seconds kShortHint{2};
constexpr seconds kYoung{10};
constexpr std::size_t kFew = 20;
constexpr int kPausesUntilDoubt = 3;

} // namespace

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
    ++pauses_in_episode_;
    bool const misled = hint && *hint <= kShortHint && pauses_in_episode_ > 1 && accepted_since_pause_ == 0;
    bool const knows = learn(now, hint);
    if (!hint || misled) {
        pause_until(now + blind_pause(now));
    }
    accepted_since_pause_ = 0;
    clean_since_ = resume_;
    theoretical_arrival_ = resume_;
    scout_ = Scout::wanted;
    if (knows) {
        set_rate(share_of_ceiling(kAfterRejection));
        begin(Phase::climbing, resume_, kStep);
    } else {
        begin_knowing_nothing(resume_);
    }
}

/// False when this rejection says nothing of the quota: nothing was accepted since the last one, or too little before
/// the first: others, or the run before this one, used up a window that was seen in part.
bool LearnedCeiling::learn(TimePoint now, std::optional<seconds> hint)
{
    if (accepted_since_pause_ == 0) {
        if (kind_ == Kind::bucket) {
            set_ceiling(window_reading_, now);
        }
        if (kind_ == Kind::asked || kind_ == Kind::bucket) { // not free again so soon
            kind_ = Kind::window;
            pauses_in_episode_ = 1;
        }
        return met_ == Met::quota;
    }
    auto const age = now - evidence_since_;
    bool const too_little = ceiling_ > 0 ? age < kMinute : age < kYoung || accepted_total_ < kFew;
    if (met_ == Met::nothing && too_little) {
        met_ = Met::too_little;
        return false;
    }
    met_ = Met::quota;
    if (kind_ == Kind::bucket && now >= empty_since_ + kBlindPauses[0] && now < empty_since_ + kMinute) {
        // It was empty then and is now, so what it gave since is what it fills by.
        auto const filled = static_cast<double>(accepted_since_empty_) / Seconds{now - empty_since_}.count();
        set_ceiling(std::min(ceiling_, filled), now);
    } else if (pauses_in_episode_ == 1 || pauses_in_episode_ % kPausesUntilDoubt == 0) {
        // A rejection soon after a pause says that the pause was too short, not yet that the rate is too high.
        lower_ceiling(now, hint);
    }
    if (pauses_in_episode_ == 1) {
        empty_since_ = now;
        accepted_since_empty_ = 0;
    }
    return true;
}

Clock::Duration LearnedCeiling::blind_pause(TimePoint now) const
{
    auto const nth = std::min<std::size_t>(static_cast<std::size_t>(pauses_in_episode_), kBlindPauses.size());
    Clock::Duration const blind = kBlindPauses[nth - 1];
    return kind_ == Kind::window ? std::max(blind, accepted_.first_leaves(now).value_or(now) - now) : blind;
}

/// In a window, what was accepted since it began is its quota. A bucket has given as much evenly, and goes on to.
void LearnedCeiling::lower_ceiling(TimePoint now, std::optional<seconds> hint)
{
    if (kind_ == Kind::unknown) {
        kind_ = !hint ? Kind::asked : *hint <= kShortHint ? Kind::bucket : Kind::window;
    }
    // The next window begins when the server says; the full one began a minute before that.
    auto const turn = kind_ == Kind::window && hint && *hint < kMinute ? *hint : seconds{0};
    auto const began = std::max(now - kMinute + turn, evidence_since_);
    window_reading_ = static_cast<double>(std::max<std::size_t>(accepted_.count_since(began, now), 1)) / 60;
    bucket_reading_ =
        std::max(window_reading_ * kMinute / std::clamp<Seconds>(now - evidence_since_, kStep, kMinute), kept_rate_);
    kept_rate_ = 0;
    auto const taken = kind_ == Kind::bucket ? bucket_reading_ : window_reading_;
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

} // namespace backfill::calls
