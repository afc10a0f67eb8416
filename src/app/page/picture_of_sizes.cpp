#include "app/page/picture_of_sizes.hpp"

#include "app/log/number_text.hpp"
#include "app/page/html_text.hpp"

#include <fmt/format.h>

#include <algorithm>
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

} // namespace

Picture messages_per_conversation(RunHistory const& history)
{
    auto const& classes = history.conversations_by_size;
    auto const conversations = std::accumulate(classes.begin(), classes.end(), std::size_t{0});
    Picture picture{"Messages per conversation", "No conversation was processed."};
    if (conversations == 0) {
        return picture;
    }
    constexpr std::size_t kFewest = 6; // wider columns would look like walls
    auto count = classes.size();
    while (count > kFewest && classes.at(count - 1) == 0) {
        --count;
    }
    ColumnChart chart{
        "sizes", "Conversations by their number of messages", {}, "Messages", {{"conversations", Tone::fresh}}, {}, {}};
    for (std::size_t i = 0; i < count; ++i) {
        auto const width = 1.0 / static_cast<double>(count);
        auto const from = static_cast<double>(i) * width;
        chart.columns.push_back({from, from + width, class_text(i), {static_cast<double>(classes.at(i))}});
        chart.ticks.push_back({from, compact(static_cast<double>(RunHistory::kSizes.at(i)))});
    }
    auto const fullest = static_cast<std::size_t>(std::ranges::max_element(classes) - classes.begin());
    picture.caption = fmt::format("{} processed. Most frequent: {} ({}). Excluded messages are not counted.",
        counted(conversations, "conversation was", "conversations were"), class_text(fullest),
        grouped(classes.at(fullest)));
    chart.description = picture.caption;
    picture.chart = std::move(chart);
    return picture;
}

} // namespace backfill::app
