#include "app/log/run_log.hpp"

#include "app/facts/exit_codes.hpp"
#include "app/log/advice.hpp"
#include "app/log/number_text.hpp"
#include "app/log/run_estimate.hpp"
#include "app/log/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string_view>

namespace backfill::app {
namespace {

constexpr std::size_t kMostNextSteps = 5;

std::string line(std::string_view name, std::size_t number)
{
    return fmt::format("  {}: {},\n", name, number);
}

char const* heading(Ending ending)
{
    return ending == Ending::complete ? "Complete" : ending == Ending::stopped ? "Stopped" : "Failed";
}

std::string summary_text(Settings const& settings, RunSnapshot const& run, Ending ending)
{
    auto const& conversations = run.conversations;
    auto const& messages = run.messages;
    auto const words = message_words(settings);
    auto const fresh = line(words.fresh.total, messages.fresh);
    auto const stored = *words.stored.total == '\0' ? "" : line(words.stored.total, messages.stored);
    bool const verify = settings.command == Command::verify;
    return fmt::format("\n=== {} - {} ===\nSummary: {{\n", command_words(settings).title, heading(ending))
        + line("totalConversations", conversations.done() + conversations.not_reached())
        + line("conversationsProcessed", conversations.processed)
        + (settings.mode == Mode::missing ? line("conversationsSkipped", conversations.skipped) : "")
        + line("conversationsFailed", conversations.failed)
        + (conversations.not_reached() > 0 ? line("conversationsNotReached", conversations.not_reached()) : "")
        + (verify ? line("conversationsEqual", conversations.equal) + stored + fresh
                    + line("totalMessagesSurplus", messages.surplus)
                  : fresh + stored)
        + line("totalMessagesFailed", messages.failed)
        + fmt::format("  durationSeconds: '{}'\n}}", seconds_text(run.elapsed));
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
        fmt::format("[Backfill] Freshchat: {} requests, {} throttled, {} retried; {}; limited by {}", asked.sent,
            asked.throttled(), asked.retried, ceiling, limit)};
}

Event estimate(Settings const& settings, RunSnapshot const& run)
{
    auto const estimate = estimate_run(settings, run);
    return {"run_estimate", Level::info,
        {{"freshchat_requests", estimate.freshchat_requests}, {"supabase_requests", estimate.supabase_requests},
            {"duration_seconds", rounded_seconds(estimate.duration, 2)}},
        fmt::format(
            "[Dry run] A run would need {} requests to Freshchat, about {} to Supabase, and about {} at this pace",
            estimate.freshchat_requests, estimate.supabase_requests,
            duration_text(std::max<Clock::Duration>(estimate.duration, std::chrono::seconds{1})))};
}

/// Of a verify that found nothing to do, or did it.
Event all_there(RunSnapshot const& run)
{
    auto const messages = run.messages.fresh + run.messages.stored;
    return {"all_there", Level::info, {{"messages", messages}, {"conversations", run.conversations.processed}},
        fmt::format("[Verify] Nothing is missing: the table holds all {} of {}", plain_counted(messages, "message"),
            plain_counted(run.conversations.processed, "conversation"))};
}

/// Rows that say nothing, and what would make them.
Event without_text(Settings const& settings, std::size_t rows)
{
    auto const* const why = settings.other_parts == OtherParts::describe
        ? "parts of unknown types. The field raw keeps them (MESSAGE_COLUMNS)"
        : "images, buttons, e-mails or the like. OTHER_PARTS=describe puts these into words; in rows that are stored, "
          "with ON_CONFLICT=update";
    return {"messages_without_text", Level::info, {{"messages", rows}},
        fmt::format("{} {} without text: {}, of messages that hold only {}.", command_words(settings).prefix,
            settings.writes() ? "Stored" : "To be stored", counted(rows, "row"), why)};
}

} // namespace

void RunLog::finished(Ending ending)
{
    facts_.over();
    auto const run = facts_.snapshot();
    bool const complete = ending == Ending::complete;
    if (!complete && !run.batch_began) {
        return;
    }
    if (!complete) {
        auto const left = run.conversations.not_reached();
        log_.out({"run_stopped", Level::warning, {{"conversations_not_reached", left}},
            fmt::format("[Backfill] Stopped: {} not reached", plain_counted(left, "conversation"))});
    }
    log_.out(summary(settings_, run, ending));
    if (settings_.pace == Pace::adaptive) {
        log_.out(traffic(run));
    }
    if (complete && settings_.command == Command::dry_run) {
        log_.out(estimate(settings_, run));
    }
    bool const verified = complete && settings_.command == Command::verify
        && exit_code(ending, 0, {}, run, settings_.repair ? Fresh::stored : Fresh::missing) == ExitCode::kSuccess;
    if (verified) {
        log_.out(all_there(run));
    }
    if (run.messages.without_text > 0) {
        log_.note(without_text(settings_, run.messages.without_text));
    }
    if (run.stored_elsewhere > 0) {
        warning(
            fmt::format("{} {} stored under another conversation than Freshchat has them in (merged ones?), and count "
                        "as stored. -v names them.",
                counted(run.stored_elsewhere, "message"), run.stored_elsewhere == 1 ? "is" : "are"));
    }
}

void RunLog::told_what_next(RunEnd const& end)
{
    bool const asks_for_something = end.exit_code == ExitCode::kFatal || end.exit_code == ExitCode::kSomeFailed
        || end.exit_code == ExitCode::kStoppedItself;
    bool const is_all_stored = end.ending == Ending::complete && !end.output_error.empty();
    if (!asks_for_something || is_all_stored) { // the latter has a line of its own, behind these
        return;
    }
    auto const run = facts_.snapshot();
    auto steps = next_steps(settings_, run, end);
    if (end.ending == Ending::fatal && !run.batch_began) {
        return; // its line is the last
    }
    if (steps.size() > kMostNextSteps) {
        auto const more = steps.size() - (kMostNextSteps - 1);
        steps.resize(kMostNextSteps - 1);
        steps.push_back(fmt::format("{} more, see the lines above or a REPORT_FILE.", plain_counted(more, "kind")));
    }
    if (end.ending == Ending::fatal) { // what ended the run comes last, where people look
        std::rotate(steps.begin(), steps.begin() + 2, steps.end());
    }
    for (auto& step : steps) {
        std::erase(step, '`');
        log_.note({"next_step", Level::info, {{"message", step}},
            fmt::format("{} Next: {}", command_words(settings_).prefix, step)});
    }
}

} // namespace backfill::app
