#include "app/page/pictures.hpp"

#include "app/log/number_text.hpp"
#include "app/log/words.hpp"
#include "app/page/html_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

namespace backfill::app {
namespace {

using std::chrono::seconds;
using namespace std::chrono_literals;
using Intervals = std::vector<RequestTimeline::Interval>;

struct Width {
    seconds length;
    char const* name;
};

constexpr std::array kWidths{Width{10s, "10 seconds"}, Width{60s, "a minute"}, Width{300s, "5 minutes"},
    Width{600s, "10 minutes"}, Width{1800s, "30 minutes"}, Width{3600s, "an hour"}, Width{10800s, "3 hours"},
    Width{21600s, "6 hours"}, Width{86400s, "a day"}, Width{604800s, "a week"}};

/// The narrowest width that makes few enough columns, or the last.
Width const& shown_width(seconds kept, seconds span)
{
    constexpr int kMost = 92;
    auto const* const found = std::ranges::find_if(
        kWidths, [&](Width const& width) { return width.length % kept == 0s && span <= kMost * width.length; });
    return found == kWidths.end() ? kWidths.back() : *found;
}

/// "0", "90 s", "15 min", "2 h", "3 d": in the unit of `step`.
std::string since_start_text(seconds time, seconds step)
{
    auto const count = time.count();
    return count == 0   ? "0"
        : step < 60s    ? fmt::format("{} s", count)
        : step < 3600s  ? fmt::format("{} min", count / 60)
        : step < 86400s ? fmt::format("{} h", count / 3600)
                        : fmt::format("{} d", count / 86400);
}

std::vector<Tick> time_ticks(double span_seconds)
{
    static constexpr std::array kSteps{1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 10800, 21600,
        43200, 86400, 172800, 432000, 864000, 2592000};
    constexpr double kMostSteps = 6;
    auto const* const step = std::ranges::find_if(kSteps, [&](int one) { return span_seconds <= kMostSteps * one; });
    std::vector<Tick> ticks;
    for (int at = 0; step != kSteps.end() && at <= span_seconds; at += *step) {
        ticks.push_back({at / span_seconds, since_start_text(seconds{at}, seconds{*step})});
    }
    return ticks;
}

/// Sums those that were kept into intervals of `width`. The last one also takes what lies less than half a width
/// behind it.
Intervals in_intervals(RequestTimeline const& kept, seconds width, double span_seconds)
{
    auto const count = std::max<std::size_t>(rounded(span_seconds / static_cast<double>(width.count())), 1);
    auto const each = static_cast<std::size_t>(width / kept.width());
    Intervals intervals(count);
    for (std::size_t i = 0; i < kept.intervals().size(); ++i) {
        auto& to = intervals[std::min(i / each, count - 1)];
        to.sent += kept.intervals()[i].sent;
        to.throttled += kept.intervals()[i].throttled;
    }
    return intervals;
}

/// "90 s", "15 min"
std::string moment_in_run(double time)
{
    seconds const whole{std::lround(time)};
    return since_start_text(whole, whole < 120s ? 1s : 60s);
}

/// Of each interval the requests that were not throttled and those that were, as rates per minute.
std::vector<ChartColumn> rate_columns(Intervals const& intervals, seconds width, double span)
{
    std::vector<ChartColumn> columns;
    for (std::size_t i = 0; i < intervals.size(); ++i) {
        auto const from = static_cast<double>(i) * static_cast<double>(width.count());
        auto const to = i + 1 == intervals.size() ? span : from + static_cast<double>(width.count());
        auto const per_minute = 60 / (to - from);
        columns.push_back({from / span, to / span, fmt::format("{} – {}", moment_in_run(from), moment_in_run(to)),
            {static_cast<double>(intervals[i].sent - intervals[i].throttled) * per_minute,
                static_cast<double>(intervals[i].throttled) * per_minute}});
    }
    return columns;
}

} // namespace

Picture requests_over_time(RunHistory const& history, Clock::Duration elapsed, calls::Traffic const& traffic)
{
    Picture picture{.heading = "Requests to Freshchat per minute",
        .caption = "Freshchat was not asked.",
        .id = "requests",
        .title = "Requests to Freshchat per minute, over the run",
        .labels_head = "From, to",
        .series = {{"not throttled", Tone::kFresh}, {"throttled (429)", Tone::kBad}}};
    auto const& kept = history.freshchat_requests;
    RequestTimeline::Interval all;
    for (auto const& interval : kept.intervals()) {
        all.sent += interval.sent;
        all.throttled += interval.throttled;
    }
    if (all.sent == 0) {
        return picture;
    }
    if (elapsed < RequestTimeline::kWidths.front()) {
        picture.caption = fmt::format("{} within {} s: the run was too short to speak of rates.",
            counted(all.sent, "request"), seconds_text(elapsed));
        return picture;
    }
    auto const span = std::chrono::duration<double>(elapsed).count();
    auto const& [width, width_name] = shown_width(kept.width(), std::chrono::ceil<seconds>(elapsed));
    picture.columns = rate_columns(in_intervals(kept, width, span), width, span);
    picture.ticks = time_ticks(span);
    double highest = 0;
    for (auto const& column : picture.columns) {
        highest = std::max(highest, column.values.front() + column.values.back());
    }
    auto ceiling = std::string{"No ceiling was met or given."};
    if (traffic.origin != calls::CeilingOrigin::none) {
        picture.limit = Limit{traffic.ceiling_per_minute,
            fmt::format("ceiling {}/min ({})", grouped(rounded(traffic.ceiling_per_minute)), name_of(traffic.origin))};
        ceiling = fmt::format("The quota’s {} is as known at the end.", picture.limit->text);
    }
    picture.caption = fmt::format(
        "A column is {}, as a rate per minute; the highest is {}. {}", width_name, grouped(rounded(highest)), ceiling);
    picture.sums = {all.sent - all.throttled, all.throttled};
    return picture;
}

} // namespace backfill::app
