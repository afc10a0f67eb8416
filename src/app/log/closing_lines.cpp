#include "app/log/closing_lines.hpp"

#include "app/facts/exit_codes.hpp"
#include "app/log/advice.hpp"
#include "app/log/number_text.hpp"
#include "app/log/run_estimate.hpp"
#include "app/log/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace backfill::app {
namespace {

constexpr std::size_t kMostNextSteps = 5;

char const* heading_of(Ending ending)
{
    return ending == Ending::complete ? "Complete" : ending == Ending::stopped ? "Stopped" : "Failed";
}

std::string summary_text(Settings const& settings, RunSnapshot const& run, Ending ending)
{
    std::string lines;
    for (auto const& [name, value] : summary_rows(settings, run)) {
        lines += fmt::format("{}  {}: {}", lines.empty() ? "" : ",\n", name, value);
    }
    return fmt::format(
        "\n=== {} - {} ===\nSummary: {{\n{}\n}}", command_words(settings).title, heading_of(ending), lines);
}

Event summary(Settings const& settings, RunSnapshot const& run, Ending ending)
{
    auto const& conversations = run.conversations;
    auto const& messages = run.messages;
    return {"summary", Level::info,
        {{"command", name_of(settings.command)}, {"ending", name_of(ending)},
            {"conversations", conversations.done() + conversations.not_reached()},
            {"conversations_processed", conversations.processed}, {"conversations_skipped", conversations.skipped},
            {"conversations_failed", conversations.failed}, {"conversations_not_reached", conversations.not_reached()},
            {"messages_new", messages.fresh}, {"messages_stored", messages.stored},
            {"messages_excluded", messages.excluded}, {"messages_failed", messages.failed},
            {"messages_surplus", messages.surplus}, {"duration_seconds", rounded_seconds(run.elapsed, 2)}},
        summary_text(settings, run, ending)};
}

Event traffic(RunSnapshot const& run)
{
    auto const& asked = run.freshchat;
    auto const& traffic = run.traffic;
    auto const limit = run.waits.longest();
    auto const ceiling = traffic.origin == calls::CeilingOrigin::none
        ? std::string{"no ceiling met"}
        : fmt::format("ceiling {}/min ({}), {}% used", std::lround(traffic.ceiling_per_minute), name_of(traffic.origin),
            std::lround(traffic.used_ratio * 100));
    return {"freshchat_traffic", Level::info,
        {{"requests", asked.sent}, {"throttled", asked.throttled()}, {"retried", asked.retried},
            {"ceiling_per_minute", traffic.ceiling_per_minute}, {"ceiling_origin", name_of(traffic.origin)},
            {"used_ratio", traffic.used_ratio}, {"limited_by", limit}},
        fmt::format("[Backfill] Freshchat: {}, {} throttled, {} retried; {}; limited by {}",
            plain_counted(asked.sent, "request"), asked.throttled(), asked.retried, ceiling, limit)};
}

Event estimate(Settings const& settings, RunSnapshot const& run)
{
    auto const estimate = estimate_run(settings, run);
    return {"run_estimate", Level::info,
        {{"freshchat_requests", estimate.freshchat_requests}, {"supabase_requests", estimate.supabase_requests},
            {"duration_seconds", rounded_seconds(estimate.duration, 2)}},
        fmt::format("[Dry run] A run would need {} to Freshchat, about {} to Supabase, and about {} at this pace",
            plain_counted(estimate.freshchat_requests, "request"), estimate.supabase_requests,
            duration_text(std::max<Clock::Duration>(estimate.duration, std::chrono::seconds{1})))};
}

/// Of a verify that found nothing to do, or did it.
Event all_there(RunSnapshot const& run)
{
    auto const elsewhere = run.stored_elsewhere; // of a merged chat: its row may count for another conversation, too
    auto const all = run.messages.fresh + run.messages.stored;
    auto const own = all - elsewhere;
    auto const what = fmt::format(
        "{} of {}", plain_counted(all, "message"), plain_counted(run.conversations.processed, "conversation"));
    return {"all_there", Level::info,
        {{"messages", own}, {"conversations", run.conversations.processed}, {"stored_elsewhere", elsewhere}},
        "[Verify] Nothing is missing: "
            + (elsewhere > 0 ? fmt::format("of {}, {} {} stored under {} own and {} under another one", what, own,
                   own == 1 ? "is" : "are", own == 1 ? "its" : "their", elsewhere)
                             : fmt::format("the table holds {}{}", all > 1 ? "all " : "", what))};
}

} // namespace

std::vector<std::pair<std::string, std::string>> summary_rows(Settings const& settings, RunSnapshot const& run)
{
    auto const& conversations = run.conversations;
    auto const& messages = run.messages;
    auto const words = message_words(settings);
    bool const verify = settings.command == Command::verify;
    std::vector<std::pair<std::string, std::string>> rows;
    auto const add = [&rows](char const* name, std::size_t number) { rows.emplace_back(name, std::to_string(number)); };
    auto const add_stored = [&] {
        if (*words.stored.total != '\0') {
            add(words.stored.total, messages.stored);
        }
    };
    add("totalConversations", conversations.done() + conversations.not_reached());
    add("conversationsProcessed", conversations.processed);
    if (settings.mode == Mode::missing) {
        add("conversationsSkipped", conversations.skipped);
    }
    add("conversationsFailed", conversations.failed);
    if (conversations.not_reached() > 0) {
        add("conversationsNotReached", conversations.not_reached());
    }
    if (verify) {
        add("conversationsEqual", conversations.equal);
        add_stored();
        add(words.fresh.total, messages.fresh);
        add("totalMessagesSurplus", messages.surplus);
    } else {
        add(words.fresh.total, messages.fresh);
        add_stored();
    }
    add("totalMessagesFailed", messages.failed);
    rows.emplace_back("durationSeconds", fmt::format("'{}'", seconds_text(run.elapsed)));
    return rows;
}

std::vector<Event> closing_events(Settings const& settings, RunSnapshot const& run, Ending ending)
{
    bool const complete = ending == Ending::complete;
    std::vector<Event> events;
    if (!complete && !run.batch_began) {
        return events;
    }
    if (!complete) {
        auto const left = run.conversations.not_reached();
        events.push_back({"run_stopped", Level::warning, {{"conversations_not_reached", left}},
            fmt::format("[Backfill] Stopped: {} not reached", plain_counted(left, "conversation"))});
    }
    events.push_back(summary(settings, run, ending));
    if (settings.pace == Pace::adaptive) {
        events.push_back(traffic(run));
    }
    if (complete && settings.command == Command::dry_run) {
        events.push_back(estimate(settings, run));
    }
    bool const verified = complete && settings.command == Command::verify
        && exit_code(ending, 0, {}, run, settings.repair ? Fresh::stored : Fresh::missing) == ExitCode::kSuccess;
    if (verified) {
        events.push_back(all_there(run));
    }
    return events;
}

std::vector<std::string> first_steps(
    Settings const& settings, RunSnapshot const& run, RunEnd const& end, std::size_t most)
{
    auto steps = next_steps(settings, run, end);
    if (steps.size() > most) {
        auto const more = steps.size() - (most - 1);
        steps.resize(most - 1);
        steps.push_back(fmt::format("{} more, see the lines above or a REPORT_FILE.", plain_counted(more, "kind")));
    }
    return steps;
}

std::vector<Event> next_step_events(Settings const& settings, RunSnapshot const& run, RunEnd const& end)
{
    bool const asks_for_something = end.exit_code == ExitCode::kFatal || end.exit_code == ExitCode::kSomeFailed
        || end.exit_code == ExitCode::kStoppedItself;
    bool const is_all_stored = end.ending == Ending::complete && !end.output_error.empty(); // has a line behind these
    bool const is_told = end.ending == Ending::fatal && !run.batch_began;                   // its line is the last
    std::vector<Event> events;
    if (!asks_for_something || is_all_stored || is_told) {
        return events;
    }
    auto steps = first_steps(settings, run, end, kMostNextSteps);
    if (end.ending == Ending::fatal) { // what ended the run comes last, where people look
        std::rotate(steps.begin(), steps.begin() + 1, steps.end());
    }
    for (auto& step : steps) {
        std::erase(step, '`');
        events.push_back({"next_step", Level::info, {{"message", step}},
            fmt::format("{} Next: {}", command_words(settings).prefix, step)});
    }
    return events;
}

} // namespace backfill::app
