#include "app/progress/progress_text.hpp"

#include "app/log/number_text.hpp"
#include "app/log/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

namespace backfill::app {
namespace {

constexpr std::chrono::seconds kWorthSaying{2}; // shorter pauses only space calls evenly
constexpr std::size_t kShortestBar = 12;        // with its brackets
constexpr std::size_t kLongestBar = 32;

constexpr auto kRed = "31";
constexpr auto kYellow = "33";
constexpr auto kCyan = "36";

std::size_t percent(ConversationCounts const& conversations)
{
    return conversations.taken > 0 ? std::min<std::size_t>(conversations.done() * 100 / conversations.taken, 100) : 0;
}

std::string phase_text(RunSnapshot const& run)
{
    return fmt::format("{}, {}",
        run.phase == Phase::checking ? "checking both sides" : "reading the list of conversations",
        duration_text(run.elapsed));
}

/// What holds the run up: a pause under way, else what it waited for most.
std::string hold_up(ProgressView const& view, Settings const& settings)
{
    auto const& traffic = view.run.traffic;
    if (traffic.waiting == 0 || traffic.next_slot_in < kWorthSaying || traffic.is_warming_up) {
        return "limited by " + view.limited_by;
    }
    auto const left = duration_text(traffic.next_slot_in);
    return settings.pace == Pace::adaptive ? fmt::format("waiting {} for quota", left)
                                           : fmt::format("pausing {} as Freshchat asks", left);
}

/// "12 failed" behind `before`; nothing for 0.
std::string any(char const* before, std::size_t number, char const* what)
{
    return number > 0 ? fmt::format("{}{} {}", before, number, what) : "";
}

/// A part of the bar's line.
struct Piece {
    int rank; ///< the highest is left out first
    std::string text;
    char const* colour = "";
    bool bar = false;
    bool shown = false;
};

constexpr int kHighestRank = 8;

std::string bar(ConversationCounts const& conversations, std::size_t columns)
{
    auto const room = columns - 2;
    auto const full = conversations.taken > 0 ? std::min(room, conversations.done() * room / conversations.taken) : 0;
    auto const head = full < room ? ">" : "";
    return "[" + std::string(full, '=') + head + std::string(full < room ? room - full - 1 : 0, ' ') + "]";
}

std::vector<Piece> pieces_of(ProgressView const& view, Settings const& settings)
{
    auto const& run = view.run;
    auto const called = message_words(settings);
    return {{0, fmt::format("{}/{}", run.conversations.done(), run.conversations.taken)},
        {1, fmt::format("{}%", percent(run.conversations))}, {6, std::string(kShortestBar, ' '), kCyan, true},
        {5, fmt::format("{}/min", std::lround(view.conversations_per_minute))},
        {2, view.left ? "ETA " + range_text(view.left->low, view.left->high) : ""},
        {4, fmt::format("{} {}", run.messages.fresh, called.fresh.name)},
        {kHighestRank, fmt::format("{} {}", run.messages.stored, called.stored.name)},
        {7, any("", run.messages.surplus, "surplus")}, {3, any("", run.conversations.failed, "failed"), kRed},
        {7, any("", run.messages.failed, run.messages.failed == 1 ? "message failed" : "messages failed"), kRed},
        {7, any("", run.freshchat.throttled(), "x 429"), kYellow},
        {5, hold_up(view, settings), run.traffic.next_slot_in >= kWorthSaying ? kYellow : ""}};
}

/// Shows the pieces that fit, by rank, and gives the bar the room left over.
void fit(std::vector<Piece>& pieces, ConversationCounts const& conversations, std::size_t room)
{
    std::size_t width = 0;
    for (int rank = 0; rank <= kHighestRank; ++rank) {
        for (auto& piece : pieces) {
            auto const wider = width + (width > 0 ? 1 : 0) + piece.text.size();
            if (piece.rank == rank && !piece.text.empty() && wider <= room) {
                piece.shown = true;
                width = wider;
            }
        }
    }
    for (auto& piece : pieces) {
        if (piece.bar && piece.shown) {
            piece.text = bar(conversations, std::min(kLongestBar, kShortestBar + room - width));
        }
    }
}

std::string plain_line(ProgressView const& view, Settings const& settings)
{
    auto const& run = view.run;
    if (run.phase != Phase::running) {
        return fmt::format("[Backfill] Progress: {} so far", phase_text(run));
    }
    auto const called = message_words(settings);
    auto const& traffic = run.traffic;
    auto const left = view.left ? fmt::format(", {} left", range_text(view.left->low, view.left->high)) : "";
    auto const ceiling = traffic.origin == calls::CeilingOrigin::none
        ? ""
        : fmt::format(", ceiling {}/min ({})", std::lround(traffic.ceiling_per_minute), name_of(traffic.origin));
    return fmt::format("[Backfill] Progress: {} of {} ({}%), {}/min{}; {} {}, {} {}{}{}, "
                       "{} failed; {}, {} throttled{}; {}",
        run.conversations.done(), plain_counted(run.conversations.taken, "conversation"), percent(run.conversations),
        std::lround(view.conversations_per_minute), left, run.messages.fresh, called.fresh.name, run.messages.stored,
        called.stored.name, any(", ", run.messages.surplus, "surplus"),
        any(", ", run.messages.failed, run.messages.failed == 1 ? "message failed" : "messages failed"),
        plain_counted(run.conversations.failed, "conversation"), plain_counted(run.freshchat.sent, "request"),
        run.freshchat.throttled(), ceiling, hold_up(view, settings));
}

double tenths(double number)
{
    return std::round(number * 10) / 10;
}

} // namespace

std::string progress_bar(ProgressView const& view, Settings const& settings, std::size_t columns, Colours colours)
{
    auto const room = std::max<std::size_t>(columns, 1) - 1; // some terminals wrap a full line
    if (view.run.phase != Phase::running) {
        return phase_text(view.run).substr(0, room);
    }
    auto pieces = pieces_of(view, settings);
    if (pieces.front().text.size() > room) {
        return pieces.front().text.substr(0, room);
    }
    fit(pieces, view.run.conversations, room);
    std::string line;
    for (auto const& piece : pieces) {
        if (!piece.shown) {
            continue;
        }
        line += line.empty() ? "" : " ";
        bool const coloured = colours == Colours::some && *piece.colour != '\0';
        line += coloured ? fmt::format("\x1B[{}m{}\x1B[0m", piece.colour, piece.text) : piece.text;
    }
    return line;
}

Event progress_event(ProgressView const& view, Settings const& settings)
{
    auto const& run = view.run;
    Event event{"progress", Level::info,
        {{"phase", name_of(run.phase)}, {"conversations", run.conversations.taken},
            {"conversations_done", run.conversations.done()}, {"conversations_failed", run.conversations.failed},
            {"messages_new", run.messages.fresh}, {"messages_stored", run.messages.stored},
            {"messages_excluded", run.messages.excluded}, {"messages_failed", run.messages.failed},
            {"messages_surplus", run.messages.surplus}, {"requests", run.freshchat.sent},
            {"throttled", run.freshchat.throttled()}, {"ceiling_per_minute", run.traffic.ceiling_per_minute},
            {"ceiling_origin", name_of(run.traffic.origin)}, {"limited_by", view.limited_by},
            {"pause_seconds", rounded_seconds(run.traffic.next_slot_in, 1)},
            {"conversations_per_minute", tenths(view.conversations_per_minute)},
            {"elapsed_seconds", rounded_seconds(run.elapsed, 1)}},
        plain_line(view, settings)};
    if (view.left) {
        event.fields.push_back({"seconds_left_low", rounded_seconds(view.left->low, 1)});
        event.fields.push_back({"seconds_left_high", rounded_seconds(view.left->high, 1)});
    }
    return event;
}

} // namespace backfill::app
