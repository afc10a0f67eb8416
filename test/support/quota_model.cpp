#include "support/quota_model.hpp"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Timestamp.h>

#include <algorithm>
#include <regex>
#include <stdexcept>

namespace backfill::test {
namespace {

constexpr std::chrono::seconds kMinute{60};

std::string whole(double value)
{
    return std::to_string(static_cast<long long>(std::max(value, 0.0)));
}

} // namespace

QuotaRule parse_quota(std::string const& text)
{
    static std::regex const pattern{R"((fixed|hourly|sliding|bucket):([1-9]\d*)(?::(\d+))?(,rejected_count)?)"
                                    R"((?:,hint=(seconds|date))?(,headers=limit)?(?:,others=([\d.]+):(\d+):(\d+))?)"};
    std::smatch part;
    if (!std::regex_match(text, part, pattern) || part[3].matched != (part[1] == "bucket")) {
        throw std::invalid_argument{"quota: \"" + text + "\" is none that parse_quota() knows"};
    }
    QuotaRule rule;
    rule.kind = part[1] == "sliding" ? QuotaKind::sliding : part[1] == "bucket" ? QuotaKind::bucket : QuotaKind::fixed;
    rule.window = std::chrono::minutes{part[1] == "hourly" ? 60 : 1};
    rule.per_minute = std::stod(part[2]);
    rule.burst = part[3].matched ? std::stod(part[3]) : 1;
    rule.rejected = part[4].matched ? RejectedCalls::count : RejectedCalls::are_free;
    rule.hint = part[5] == "seconds" ? QuotaHint::seconds : part[5] == "date" ? QuotaHint::date : QuotaHint::none;
    rule.declares = part[6].matched;
    if (part[7].matched) {
        rule.others_share = std::stod(part[7]);
        rule.others_from = std::chrono::seconds{std::stol(part[8])};
        rule.others_to = std::chrono::seconds{std::stol(part[9])};
    }
    return rule;
}

Ruling QuotaModel::call(TimePoint now, std::chrono::system_clock::time_point wall)
{
    if (rule_.kind == QuotaKind::none) {
        ++admitted_;
        return {};
    }
    if (!start_) {
        start_ = now;
        window_ = now - rule_.phase;
        others_next_ = now + rule_.others_from;
        level_ = rule_.burst;
        filled_ = now;
    }
    let_others_take(now);
    Ruling ruling{take(now), {}};
    ++(ruling.admitted ? admitted_ : rejected_);
    if (rule_.declares) {
        ruling.headers.emplace_back("X-RateLimit-Limit", whole(rule_.per_minute));
        ruling.headers.emplace_back("X-RateLimit-Remaining", whole(remaining()));
        auto const turn = wall + std::chrono::duration_cast<std::chrono::milliseconds>(window_end(now) - now);
        ruling.headers.emplace_back("X-RateLimit-Reset",
            std::to_string(std::chrono::ceil<std::chrono::seconds>(turn.time_since_epoch()).count()));
    }
    auto const wait = std::chrono::ceil<std::chrono::seconds>(until_next(now));
    if (!ruling.admitted && rule_.hint == QuotaHint::seconds) {
        ruling.headers.emplace_back("Retry-After", std::to_string(wait.count()));
    } else if (!ruling.admitted && rule_.hint == QuotaHint::date) {
        auto const moment = Poco::Timestamp::fromEpochTime(std::chrono::system_clock::to_time_t(wall + wait));
        ruling.headers.emplace_back(
            "Retry-After", Poco::DateTimeFormatter::format(moment, Poco::DateTimeFormat::HTTP_FORMAT));
    }
    return ruling;
}

bool QuotaModel::take(TimePoint now)
{
    bool const counts_anyway = rule_.rejected == RejectedCalls::count;
    switch (rule_.kind) {
    case QuotaKind::none:
        return true;
    case QuotaKind::fixed: {
        if (now >= window_ + rule_.window) {
            window_ += ((now - window_) / rule_.window) * rule_.window;
            in_window_ = 0;
        }
        bool const free = in_window_ < rule_.per_minute;
        in_window_ += free || counts_anyway ? 1 : 0;
        return free;
    }
    case QuotaKind::sliding: {
        while (!last_minute_.empty() && last_minute_.front() <= now - kMinute) {
            last_minute_.pop_front();
        }
        bool const free = static_cast<double>(last_minute_.size()) < rule_.per_minute;
        if (free || counts_anyway) {
            last_minute_.push_back(now);
        }
        return free;
    }
    case QuotaKind::bucket: {
        level_ = std::min(rule_.burst, level_ + Seconds{now - filled_}.count() * rule_.per_minute / 60);
        filled_ = now;
        bool const free = level_ >= 1;
        level_ -= free || (counts_anyway && level_ >= 1) ? 1 : 0;
        return free;
    }
    }
    return true;
}

void QuotaModel::let_others_take(TimePoint now)
{
    if (rule_.others_share <= 0) {
        return;
    }
    auto const each =
        std::chrono::duration_cast<Clock::Duration>(Seconds{60 / (rule_.per_minute * rule_.others_share)});
    while (others_next_ <= now && others_next_ < *start_ + rule_.others_to) {
        take(others_next_);
        others_next_ += each;
    }
}

double QuotaModel::remaining() const
{
    switch (rule_.kind) {
    case QuotaKind::fixed:
        return rule_.per_minute - in_window_;
    case QuotaKind::sliding:
        return rule_.per_minute - static_cast<double>(last_minute_.size());
    default:
        return level_;
    }
}

Clock::Duration QuotaModel::until_next(TimePoint now) const
{
    switch (rule_.kind) {
    case QuotaKind::fixed:
        return window_ + rule_.window - now;
    case QuotaKind::sliding:
        return last_minute_.empty() ? Clock::Duration{} : last_minute_.front() + kMinute - now;
    default:
        return std::chrono::duration_cast<Clock::Duration>(Seconds{(1 - level_) * 60 / rule_.per_minute});
    }
}

TimePoint QuotaModel::window_end(TimePoint now) const
{
    return rule_.kind == QuotaKind::fixed ? window_ + rule_.window : now + kMinute;
}

} // namespace backfill::test
