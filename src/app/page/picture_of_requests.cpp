#include "app/page/picture_of_requests.hpp"

#include "app/log/duration_text.hpp"
#include "app/log/number_text.hpp"
#include "app/log/words.hpp"
#include "app/page/html_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace backfill::app {
namespace {

using std::chrono::seconds;
using namespace std::chrono_literals;
using Intervals = std::vector<RequestTimeline::Interval>;

/// The narrowest width that makes few enough columns.
seconds shown_width(seconds kept, seconds span)
{
    constexpr int kMostColumns = 92;
    for (seconds const width : {10s, 60s, 300s, 600s, 1800s, 3600s, 10800s, 21600s, 86400s}) {
        if (width % kept == 0s && span <= kMostColumns * width) {
            return width;
        }
    }
    return 7 * 86400s;
}

/// "10 seconds", "a minute", "5 minutes", "an hour", … for the widths above
std::string width_text(seconds width)
{
    auto const count = width.count();
    return count == 604800  ? "a week"
        : count == 86400    ? "a day"
        : count == 3600     ? "an hour"
        : count == 60       ? "a minute"
        : count % 3600 == 0 ? fmt::format("{} hours", count / 3600)
        : count % 60 == 0   ? fmt::format("{} minutes", count / 60)
                            : fmt::format("{} seconds", count);
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
    constexpr double kMostSteps = 6;
    for (int const step : {1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
             172800, 432000, 864000, 2592000}) {
        if (span_seconds > kMostSteps * step) {
            continue;
        }
        std::vector<Tick> ticks;
        for (int at = 0; at <= span_seconds; at += step) {
            ticks.push_back({at / span_seconds, since_start_text(seconds{at}, seconds{step})});
        }
        return ticks;
    }
    return {};
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
    Picture picture{"Requests to Freshchat per minute", "Freshchat was not asked."};
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
            counted(all.sent, "request", "requests"), seconds_text(elapsed));
        return picture;
    }
    auto const span = std::chrono::duration<double>(elapsed).count();
    auto const width = shown_width(kept.width(), std::chrono::ceil<seconds>(elapsed));
    ColumnChart chart{"requests", "Requests to Freshchat per minute, over the run", {}, "From, to",
        {{"not throttled", Tone::fresh}, {"throttled (429)", Tone::bad}},
        rate_columns(in_intervals(kept, width, span), width, span), time_ticks(span)};
    double highest = 0;
    for (auto const& column : chart.columns) {
        highest = std::max(highest, column.values.front() + column.values.back());
    }
    auto ceiling = std::string{"No ceiling was met or given."};
    if (traffic.origin != calls::CeilingOrigin::none) {
        chart.limit = Limit{traffic.ceiling_per_minute,
            fmt::format("ceiling {}/min ({})", grouped(rounded(traffic.ceiling_per_minute)), name_of(traffic.origin))};
        ceiling = fmt::format("The quota’s {} is as known at the end.", chart.limit->text);
    }
    picture.caption = fmt::format("A column is {}, as a rate per minute; the highest is {}. {}", width_text(width),
        grouped(rounded(highest)), ceiling);
    chart.description = picture.caption;
    picture.sums = {all.sent - all.throttled, all.throttled};
    picture.chart = std::move(chart);
    return picture;
}

} // namespace backfill::app
