#include "support/quota_model.hpp"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Timestamp.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace backfill::test {
namespace {

constexpr std::chrono::seconds kMinute{60};

double number(std::string_view text)
{
    double value = 0;
    auto const* const end = text.data() + text.size();
    auto const [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || value < 0) {
        throw std::invalid_argument{"quota: \"" + std::string{text} + "\" is no number"};
    }
    return value;
}

std::vector<std::string_view> split(std::string_view text, char by)
{
    std::vector<std::string_view> parts;
    for (;;) {
        auto const end = text.find(by);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(end + 1);
    }
}

std::chrono::seconds seconds_of(std::string_view text)
{
    return std::chrono::seconds{static_cast<long>(number(text))};
}

void read_kind(std::string_view text, QuotaRule& rule)
{
    auto const parts = split(text, ':');
    rule.kind = parts[0] == "fixed" ? QuotaKind::fixed
        : parts[0] == "sliding"     ? QuotaKind::sliding
        : parts[0] == "bucket"      ? QuotaKind::bucket
                                    : QuotaKind::none;
    if (rule.kind == QuotaKind::none || parts.size() != (rule.kind == QuotaKind::bucket ? 3U : 2U)) {
        throw std::invalid_argument{"quota: must begin with fixed:N, sliding:N or bucket:N:BURST"};
    }
    rule.per_minute = number(parts[1]);
    rule.burst = parts.size() == 3 ? number(parts[2]) : 1;
    if (rule.per_minute < 1) {
        throw std::invalid_argument{"quota: must be at least 1 a minute"};
    }
}

void read_detail(std::string_view text, QuotaRule& rule)
{
    if (text == "rejected_count") {
        rule.rejected = RejectedCalls::count;
    } else if (text == "hint=seconds") {
        rule.hint = QuotaHint::seconds;
    } else if (text == "hint=date") {
        rule.hint = QuotaHint::date;
    } else if (text == "headers=limit") {
        rule.declares = true;
    } else if (auto const others = split(text, ':'); text.starts_with("others=") && others.size() == 3) {
        rule.others_share = number(others[0].substr(7));
        rule.others_from = seconds_of(others[1]);
        rule.others_to = seconds_of(others[2]);
    } else {
        throw std::invalid_argument{"quota: \"" + std::string{text} + "\" is not known"};
    }
}

std::string whole(double value)
{
    return std::to_string(static_cast<long long>(std::max(value, 0.0)));
}

} // namespace

QuotaRule parse_quota(std::string_view text)
{
    QuotaRule rule;
    auto const items = split(text, ',');
    read_kind(items.front(), rule);
    for (auto item = items.begin() + 1; item != items.end(); ++item) {
        read_detail(*item, rule);
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
        if (now >= window_ + kMinute) {
            window_ += ((now - window_) / kMinute) * kMinute;
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
        return window_ + kMinute - now;
    case QuotaKind::sliding:
        return last_minute_.empty() ? Clock::Duration{} : last_minute_.front() + kMinute - now;
    default:
        return std::chrono::duration_cast<Clock::Duration>(Seconds{(1 - level_) * 60 / rule_.per_minute});
    }
}

TimePoint QuotaModel::window_end(TimePoint now) const
{
    return rule_.kind == QuotaKind::fixed ? window_ + kMinute : now + kMinute;
}

} // namespace backfill::test
