#include "app/page/pictures.hpp"

#include "app/log/duration_text.hpp"
#include "app/log/number_text.hpp"
#include "app/log/words.hpp"
#include "app/page/html_text.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace backfill::app {
Picture messages_per_conversation(RunHistory const& history)
{
    auto const& classes = history.conversations_by_size;
    auto const& sizes = RunHistory::kSizes;
    Picture picture{"Messages per conversation", {}};
    std::size_t last = 0;
    std::size_t conversations = 0;
    std::size_t fullest = 0;
    for (std::size_t i = 0; i < classes.size(); ++i) {
        conversations += classes[i];
        last = classes[i] > 0 ? i : last;
        fullest = classes[i] > classes[fullest] ? i : fullest;
    }
    if (conversations == 0) {
        picture.caption = "No conversation was processed.";
        return picture;
    }
    auto const name = [&](std::size_t i) {
        auto const from = grouped(sizes.at(i));
        return i + 1 == sizes.size()       ? from + " or more"
            : sizes[i + 1] == sizes[i] + 1 ? from
                                           : from + "–" + grouped(sizes[i + 1] - 1);
    };
    constexpr std::size_t kFewest = 6; // columns, so that none is as wide as a house
    auto const count = std::min(std::max(last + 1, kFewest), sizes.size());
    ColumnChart chart{
        "sizes", "Conversations by their number of messages", {}, "Messages", {{"conversations", Tone::fresh}}, {}, {}};
    for (std::size_t i = 0; i < count; ++i) {
        auto const width = 1.0 / static_cast<double>(count);
        auto const from = static_cast<double>(i) * width;
        chart.columns.push_back({from, from + width, name(i) + (name(i) == "1" ? " message" : " messages"),
            {static_cast<double>(classes[i])}});
        chart.ticks.push_back({from, compact(static_cast<double>(sizes[i]))});
    }
    picture.caption = counted(conversations, "conversation was", "conversations were") + " processed. Most frequent: "
        + chart.columns[fullest].label + " (" + grouped(classes[fullest]) + "). Excluded messages are not counted.";
    chart.description = picture.caption;
    picture.chart = std::move(chart);
    return picture;
}

namespace {

/// Widths to show intervals in: the first that makes few enough columns.
std::chrono::seconds shown_width(std::chrono::seconds kept, std::chrono::seconds span)
{
    using namespace std::chrono;
    constexpr int kMostColumns = 92;
    for (auto const width : {seconds{10}, seconds{60}, seconds{300}, seconds{600}, seconds{1800}, seconds{3600},
             seconds{10800}, seconds{21600}, seconds{86400}}) {
        if (width % kept == seconds{0} && span <= kMostColumns * width) {
            return width;
        }
    }
    return seconds{7 * 86400};
}

std::string width_text(std::chrono::seconds width)
{
    auto const count = width.count();
    return count == 604800  ? "a week"
        : count == 86400    ? "a day"
        : count == 3600     ? "an hour"
        : count == 60       ? "a minute"
        : count % 3600 == 0 ? std::to_string(count / 3600) + " hours"
        : count % 60 == 0   ? std::to_string(count / 60) + " minutes"
                            : std::to_string(count) + " seconds";
}

/// "0", "90 s", "15 min", "2 h", "3 d"
std::string since_start_text(std::chrono::seconds time, std::chrono::seconds step)
{
    auto const count = time.count();
    return count == 0          ? "0"
        : step.count() < 60    ? std::to_string(count) + " s"
        : step.count() < 3600  ? std::to_string(count / 60) + " min"
        : step.count() < 86400 ? std::to_string(count / 3600) + " h"
                               : std::to_string(count / 86400) + " d";
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
            ticks.push_back(
                {at / span_seconds, since_start_text(std::chrono::seconds{at}, std::chrono::seconds{step})});
        }
        return ticks;
    }
    return {};
}

/// Intervals of `width` from those that were kept; the last begins at least half of its width before the end.
std::vector<RequestTimeline::Interval> in_intervals(
    RequestTimeline const& kept, std::chrono::seconds width, double span_seconds)
{
    auto const whole = span_seconds / static_cast<double>(width.count());
    auto const count = static_cast<std::size_t>(std::max(std::lround(whole), 1L));
    std::vector<RequestTimeline::Interval> intervals(count);
    for (std::size_t i = 0; i < kept.intervals().size(); ++i) {
        auto const at = std::min(i * static_cast<std::size_t>(kept.width() / std::chrono::seconds{1})
                / static_cast<std::size_t>(width.count()),
            count - 1);
        intervals[at].sent += kept.intervals()[i].sent;
        intervals[at].throttled += kept.intervals()[i].throttled;
    }
    return intervals;
}

/// "90 s", "15 min"
std::string moment_in_run(double seconds)
{
    auto const whole = std::chrono::seconds{std::lround(seconds)};
    return since_start_text(whole, std::chrono::seconds{whole.count() < 120 ? 1 : 60});
}

/// Of each interval the requests that were not throttled and those that were, as rates per minute.
std::vector<ChartColumn> rate_columns(
    std::vector<RequestTimeline::Interval> const& intervals, std::chrono::seconds width, double span)
{
    std::vector<ChartColumn> columns;
    for (std::size_t i = 0; i < intervals.size(); ++i) {
        auto const from = static_cast<double>(i) * static_cast<double>(width.count());
        auto const to = i + 1 == intervals.size() ? span : from + static_cast<double>(width.count());
        auto const per_minute = 60 / (to - from);
        columns.push_back({from / span, to / span, moment_in_run(from) + " – " + moment_in_run(to),
            {static_cast<double>(intervals[i].sent - intervals[i].throttled) * per_minute,
                static_cast<double>(intervals[i].throttled) * per_minute}});
    }
    return columns;
}

std::string ceiling_text(calls::Traffic const& traffic)
{
    return "ceiling " + grouped(static_cast<std::size_t>(std::lround(traffic.ceiling_per_minute))) + "/min ("
        + name_of(traffic.origin) + ")";
}

} // namespace

Picture requests_over_time(RunHistory const& history, Clock::Duration elapsed, calls::Traffic const& traffic)
{
    Picture picture{"Requests to Freshchat per minute", {}};
    auto const& kept = history.freshchat_requests;
    std::size_t sent = 0;
    std::size_t throttled = 0;
    for (auto const& interval : kept.intervals()) {
        sent += interval.sent;
        throttled += interval.throttled;
    }
    if (sent == 0) {
        picture.caption = "Freshchat was not asked.";
        return picture;
    }
    if (elapsed < RequestTimeline::kWidths.front()) {
        picture.caption = counted(sent, "request", "requests") + " within " + seconds_text(elapsed)
            + " s: the run was too short to speak of rates.";
        return picture;
    }
    auto const span = std::chrono::duration<double>(elapsed).count();
    auto const width = shown_width(kept.width(), std::chrono::ceil<std::chrono::seconds>(elapsed));
    ColumnChart chart{"requests", "Requests to Freshchat per minute, over the run", {}, "From, to",
        {{"not throttled", Tone::fresh}, {"throttled (429)", Tone::bad}},
        rate_columns(in_intervals(kept, width, span), width, span), time_ticks(span)};
    double highest = 0;
    for (auto const& column : chart.columns) {
        highest = std::max(highest, column.values.front() + column.values.back());
    }
    picture.caption = "A column is " + width_text(width) + ", as a rate per minute; the highest is "
        + grouped(static_cast<std::size_t>(std::lround(highest))) + ". ";
    if (traffic.origin == calls::CeilingOrigin::none) {
        picture.caption += "No ceiling was met or given.";
    } else {
        chart.limit = Limit{traffic.ceiling_per_minute, ceiling_text(traffic)};
        picture.caption += "The quota’s " + ceiling_text(traffic) + " is as known at the end.";
    }
    chart.description = picture.caption;
    picture.sums = {sent - throttled, throttled};
    picture.chart = std::move(chart);
    return picture;
}

} // namespace backfill::app
