#include "app/page/pictures.hpp"

#include "app/log/number_text.hpp"
#include "app/page/html_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace backfill::app {
namespace {

/// "1 message", "2–4 messages", "2 000 or more messages"
std::string class_text(std::size_t index)
{
    auto const& sizes = RunHistory::kSizes;
    auto const from = sizes.at(index);
    auto const name = index + 1 == sizes.size() ? grouped(from) + " or more"
        : sizes.at(index + 1) == from + 1       ? grouped(from)
                                                : grouped(from) + "–" + grouped(sizes.at(index + 1) - 1);
    return name + (from == 1 ? " message" : " messages");
}

constexpr std::size_t kStepsPerColumn = 4; // five columns a decade
constexpr std::size_t kColumns = DurationHistogram::kSteps / kStepsPerColumn;

std::size_t column_count(DurationHistogram const& times, std::size_t column)
{
    std::size_t sum = 0;
    for (auto step = column * kStepsPerColumn; step < (column + 1) * kStepsPerColumn; ++step) {
        sum += times.counts().at(step);
    }
    return sum;
}

/// The columns from `first` to before `last` hold all requests of both sides.
struct Reach {
    std::size_t first = kColumns;
    std::size_t last = 0;

    explicit Reach(RunHistory const& history)
    {
        for (std::size_t i = 0; i < kColumns; ++i) {
            if (column_count(history.freshchat_times, i) + column_count(history.supabase_times, i) > 0) {
                first = std::min(first, i);
                last = i + 1;
            }
        }
        constexpr std::size_t kFewest = 5; // else no tick may fall on the axis
        last = std::max(last, first + kFewest);
    }

    /// Where a time lies on the axis, from 0 to 1.
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
        return fmt::format("1 request: it took {}.", longest);
    }
    auto const within = [&times](double part) { return milliseconds_text(times.quantile_ms(part)); };
    constexpr std::size_t kEnough = 20; // for one in twenty to mean something
    return fmt::format("{} requests: half of them within {}{}, the slowest in {}.", grouped(times.total()), within(0.5),
        times.total() < kEnough ? ""
                                : fmt::format(", 95\u00A0% within {}, 99\u00A0% within {}", within(0.95), within(0.99)),
        longest);
}

std::string column_text(std::size_t column)
{
    return fmt::format("{} – {}", milliseconds_text(DurationHistogram::step_begin_ms(column * kStepsPerColumn)),
        milliseconds_text(DurationHistogram::step_begin_ms((column + 1) * kStepsPerColumn)));
}

Picture response_times_of(std::string const& side, DurationHistogram const& times, Reach const& reach)
{
    auto const heading = "Response times of " + side;
    Picture picture{.heading = heading,
        .caption = side + " was not asked.",
        .id = side + "_times",
        .title = heading + ", on a logarithmic scale",
        .labels_head = "Time",
        .series = {{"requests", Tone::kFresh}}};
    if (times.total() == 0) {
        return picture;
    }
    picture.caption = caption(times);
    auto const columns = static_cast<double>(reach.last - reach.first);
    for (auto i = reach.first; i < reach.last; ++i) {
        auto const from = static_cast<double>(i - reach.first) / columns;
        picture.columns.push_back(
            {from, from + 1 / columns, column_text(i), {static_cast<double>(column_count(times, i))}});
    }
    bool const more_ticks = columns <= 7;
    for (double decade = DurationHistogram::kShortestMs; decade < 1e6; decade *= 10) {
        for (double const factor : {1.0, 2.0, 5.0}) {
            auto const at = reach.place(decade * factor);
            if ((factor == 1.0 || more_ticks) && at > -0.001 && at < 1.001) {
                picture.ticks.push_back({std::clamp(at, 0.0, 1.0), round_ms(decade * factor)});
            }
        }
    }
    return picture;
}

} // namespace

Picture messages_per_conversation(RunHistory const& history)
{
    auto const& classes = history.conversations_by_size;
    auto const conversations = std::accumulate(classes.begin(), classes.end(), std::size_t{0});
    Picture picture{.heading = "Messages per conversation",
        .caption = "No conversation was processed.",
        .id = "sizes",
        .title = "Conversations by their number of messages",
        .labels_head = "Messages",
        .series = {{"conversations", Tone::kFresh}}};
    if (conversations == 0) {
        return picture;
    }
    constexpr std::size_t kFewest = 6; // wider columns would look like walls
    auto count = classes.size();
    while (count > kFewest && classes.at(count - 1) == 0) {
        --count;
    }
    for (std::size_t i = 0; i < count; ++i) {
        auto const width = 1.0 / static_cast<double>(count);
        auto const from = static_cast<double>(i) * width;
        picture.columns.push_back({from, from + width, class_text(i), {static_cast<double>(classes.at(i))}});
        picture.ticks.push_back({from, compact(static_cast<double>(RunHistory::kSizes.at(i)))});
    }
    auto const fullest = static_cast<std::size_t>(std::ranges::max_element(classes) - classes.begin());
    picture.caption = fmt::format("{} processed. Most frequent: {} ({}). Excluded messages are not counted.",
        counted(conversations, "conversation was", "conversations were"), class_text(fullest),
        grouped(classes.at(fullest)));
    return picture;
}

std::vector<Picture> response_times(RunHistory const& history)
{
    Reach const reach{history};
    return {response_times_of("Freshchat", history.freshchat_times, reach),
        response_times_of("Supabase", history.supabase_times, reach)};
}

} // namespace backfill::app
