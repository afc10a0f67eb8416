// How long answers took: the picture of each side, on one logarithmic axis.

#include "app/log/number_text.hpp"
#include "app/page/html_text.hpp"
#include "app/page/pictures.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace backfill::app {
namespace {

constexpr std::size_t kStepsPerColumn = 4; // five columns a decade

std::size_t column_count(DurationHistogram const& times, std::size_t column)
{
    std::size_t sum = 0;
    for (auto step = column * kStepsPerColumn; step < (column + 1) * kStepsPerColumn; ++step) {
        sum += times.counts().at(step);
    }
    return sum;
}

/// Columns from `first` to before `last` hold something of either side.
struct Reach {
    std::size_t first = DurationHistogram::kSteps / kStepsPerColumn;
    std::size_t last = 0;

    void take_in(DurationHistogram const& times)
    {
        for (std::size_t i = 0; i < DurationHistogram::kSteps / kStepsPerColumn; ++i) {
            if (column_count(times, i) > 0) {
                first = std::min(first, i);
                last = std::max(last, i + 1);
            }
        }
    }

    /// So many columns at least, for ticks to stand at.
    void widen()
    {
        constexpr std::size_t kFewest = 5;
        last = std::max(last, first + kFewest);
    }

    /// Where a time lies on the axis.
    double place(double ms) const
    {
        constexpr double kPerDecade = static_cast<double>(DurationHistogram::kStepsPerDecade) / kStepsPerColumn;
        auto const column = std::log10(ms / DurationHistogram::kShortestMs) * kPerDecade;
        return (column - static_cast<double>(first)) / static_cast<double>(last - first);
    }
};

std::string round_ms(double ms)
{
    return ms < 1000 ? compact(ms) + " ms" : compact(ms / 1000) + " s";
}

std::string caption(DurationHistogram const& times)
{
    auto const longest = milliseconds_text(times.longest_ms());
    if (times.total() == 1) {
        return "1 request: it took " + longest + ".";
    }
    auto const within = [&times](double part) { return " within " + milliseconds_text(times.quantile_ms(part)); };
    constexpr std::size_t kEnough = 20; // for one in twenty to mean something
    return grouped(times.total()) + " requests: half of them" + within(0.5)
        + (times.total() < kEnough ? "" : ", 95\u00A0%" + within(0.95) + ", 99\u00A0%" + within(0.99))
        + ", the slowest in " + longest + ".";
}

Picture response_times_of(char const* id, char const* side, DurationHistogram const& times, Reach const& reach)
{
    Picture picture{std::string{"Response times of "} + side, {}};
    if (times.total() == 0) {
        picture.caption = std::string{side} + " was not asked.";
        return picture;
    }
    picture.caption = caption(times);
    ColumnChart chart{
        id, picture.heading + ", on a logarithmic scale", picture.caption, "Time", {{"requests", Tone::fresh}}, {}, {}};
    auto const columns = static_cast<double>(reach.last - reach.first);
    for (auto i = reach.first; i < reach.last; ++i) {
        auto const from = static_cast<double>(i - reach.first) / columns;
        chart.columns.push_back({from, from + 1 / columns,
            milliseconds_text(DurationHistogram::step_begin_ms(i * kStepsPerColumn)) + " – "
                + milliseconds_text(DurationHistogram::step_begin_ms((i + 1) * kStepsPerColumn)),
            {static_cast<double>(column_count(times, i))}});
    }
    bool const more_ticks = columns <= 7;
    for (double decade = DurationHistogram::kShortestMs; decade < 1e6; decade *= 10) {
        for (double const factor : {1.0, 2.0, 5.0}) {
            auto const at = reach.place(decade * factor);
            if ((factor == 1.0 || more_ticks) && at > -0.001 && at < 1.001) {
                chart.ticks.push_back({std::clamp(at, 0.0, 1.0), round_ms(decade * factor)});
            }
        }
    }
    picture.chart = std::move(chart);
    return picture;
}

} // namespace

std::vector<Picture> response_times(RunHistory const& history)
{
    Reach reach;
    reach.take_in(history.freshchat_times);
    reach.take_in(history.supabase_times);
    reach.widen();
    return {response_times_of("freshchat_times", "Freshchat", history.freshchat_times, reach),
        response_times_of("supabase_times", "Supabase", history.supabase_times, reach)};
}

} // namespace backfill::app
