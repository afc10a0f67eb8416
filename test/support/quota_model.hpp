#pragma once

#include "backfill/core/clock.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace backfill::test {

/// How a server counts calls against a quota of so many a minute. Which one Freshchat uses is unknown [?].
enum class QuotaKind : std::uint8_t {
    none,
    fixed,   ///< windows of a minute, or of an hour
    sliding, ///< the last 60 seconds
    bucket,  ///< a bucket that holds `burst` and fills evenly
};

enum class QuotaHint : std::uint8_t { none, seconds, date }; ///< Retry-After on a 429
enum class RejectedCalls : std::uint8_t { are_free, count };

struct QuotaRule {
    QuotaKind kind = QuotaKind::none;
    double per_minute = 400;
    double burst = 1;                   ///< of a bucket
    std::chrono::minutes window{1};     ///< that a fixed one counts in; `per_minute` calls in each
    std::chrono::milliseconds phase{0}; ///< when, before the first call, the first fixed window began
    RejectedCalls rejected = RejectedCalls::are_free;
    QuotaHint hint = QuotaHint::none;
    bool declares = false;   ///< in X-RateLimit-Limit, -Remaining and -Reset
    double others_share = 0; ///< another client takes this share of the quota, evenly …
    std::chrono::seconds others_from{0};
    std::chrono::seconds others_to{0}; ///< … in this time after the first call
};

/// Reads "fixed:400", "hourly:1000", "sliding:400", "bucket:400:66", followed by any of ",rejected_count",
/// ",hint=seconds|date",
/// ",headers=limit", ",others=SHARE:FROM:TO", in this order. Throws std::invalid_argument.
QuotaRule parse_quota(std::string const& text);

struct Ruling {
    bool admitted = true;
    std::vector<std::pair<std::string, std::string>> headers;
};

/// The counter behind a rule. One thread.
class QuotaModel {
public:
    explicit QuotaModel(QuotaRule rule) : rule_{rule} {}

    /// One call of the client under test. `wall` stands in dates.
    Ruling call(TimePoint now, std::chrono::system_clock::time_point wall = std::chrono::system_clock::now());

    std::size_t admitted() const { return admitted_; }
    std::size_t rejected() const { return rejected_; }

private:
    using Seconds = std::chrono::duration<double>;

    bool take(TimePoint now);
    void let_others_take(TimePoint now);
    double remaining() const;
    Clock::Duration until_next(TimePoint now) const;
    TimePoint window_end(TimePoint now) const;

    QuotaRule rule_;
    std::optional<TimePoint> start_;
    TimePoint others_next_{};
    TimePoint window_{};
    double in_window_ = 0;
    std::deque<TimePoint> last_minute_;
    double level_ = 0;
    TimePoint filled_{};
    std::size_t admitted_ = 0;
    std::size_t rejected_ = 0;
};

} // namespace backfill::test
