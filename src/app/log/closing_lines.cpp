// The lines that close a run, and what they are checked by.

#include "app/log/run_log.hpp"

#include "app/log/duration_text.hpp"
#include "app/log/run_estimate.hpp"
#include "app/log/words.hpp"

#include <chrono>
#include <cmath>
#include <utility>

namespace backfill::app {
namespace {

std::string text(std::size_t number)
{
    return std::to_string(number);
}

std::string line(char const* name, std::size_t number)
{
    return std::string{"  "} + name + ": " + text(number) + ",\n";
}

/// Hundredths: more would be pretended.
double seconds(Clock::Duration duration)
{
    return std::round(std::chrono::duration<double>(duration).count() * 100) / 100;
}

} // namespace

void RunLog::finished(Ending ending)
{
    auto const run = facts_.snapshot();
    if (ending != Ending::complete && !run.batch_began) {
        return;
    }
    if (ending != Ending::complete) {
        auto const left = run.conversations.not_reached();
        log_.out({"run_stopped", Level::warning, {{"conversations_not_reached", left}},
            "[Backfill] Stopped: " + text(left) + " conversations not reached"});
    }
    tell_summary(run, ending);
    if (settings_.pace == Pace::adaptive) {
        tell_traffic(run);
    }
    if (ending == Ending::complete && settings_.command == Command::dry_run) {
        tell_estimate(run);
    }
    if (ending == Ending::complete && run.failed_before > 0) {
        warning(text(run.failed_before)
            + " conversations failed in the parts that earlier runs did; run it again, from the oldest, to have them "
              "too.");
    }
}

bool RunLog::all_reached() const
{
    return facts_.snapshot().conversations.not_reached() == 0;
}

int RunLog::exit_code() const
{
    auto const run = facts_.snapshot();
    bool const differs = run.messages.surplus > 0 || (only_compares() && run.messages.fresh > 0);
    return run.conversations.failed > 0 || run.conversations.unread > 0 || run.messages.failed > 0
            || run.failed_before > 0 || differs
        ? 3
        : 0;
}

std::string RunLog::prefix() const
{
    return settings_.command == Command::run    ? "[Backfill]"
        : settings_.command == Command::dry_run ? "[Dry run]"
                                                : "[Verify]";
}

std::string RunLog::title() const
{
    return settings_.command == Command::run    ? "Backfill Messages"
        : settings_.command == Command::dry_run ? "Backfill Messages (dry run)"
        : settings_.repair                      ? "Verify and Repair Messages"
                                                : "Verify Messages";
}

void RunLog::tell_summary(RunSnapshot const& run, Ending ending) const
{
    auto const& conversations = run.conversations;
    auto const& messages = run.messages;
    log_.out({"summary", Level::info,
        {{"command", name_of(settings_.command)}, {"ending", name_of(ending)},
            {"conversations", conversations.done() + conversations.not_reached()},
            {"conversations_processed", conversations.processed}, {"conversations_skipped", conversations.skipped},
            {"conversations_failed", conversations.failed}, {"conversations_not_reached", conversations.not_reached()},
            {"messages_new", messages.fresh}, {"messages_stored", messages.stored},
            {"messages_excluded", messages.excluded}, {"messages_failed", messages.failed},
            {"messages_surplus", messages.surplus}, {"duration_seconds", seconds(run.elapsed)}},
        summary_text(run)});
}

std::string RunLog::summary_text(RunSnapshot const& run) const
{
    auto const& conversations = run.conversations;
    auto const& messages = run.messages;
    auto summary = "\n=== " + title() + " - Complete ===\nSummary: {\n";
    summary += line("totalConversations", conversations.done() + conversations.not_reached());
    summary += line("conversationsProcessed", conversations.processed);
    summary += settings_.mode == Mode::missing ? line("conversationsSkipped", conversations.skipped) : "";
    summary += line("conversationsFailed", conversations.failed);
    if (settings_.command == Command::verify) {
        summary += line("conversationsEqual", conversations.equal) + line("totalMessagesStored", messages.stored)
            + line(settings_.repair ? "totalMessagesRepaired" : "totalMessagesMissing", messages.fresh)
            + line("totalMessagesSurplus", messages.surplus);
    } else {
        bool const dry = settings_.command == Command::dry_run;
        summary += line(dry ? "totalMessagesToInsert" : "totalMessagesInserted", messages.fresh);
        if (settings_.messages.on_conflict == supabase::OnConflict::update) {
            summary += line(dry ? "totalMessagesToUpdate" : "totalMessagesUpdated", messages.stored);
        }
    }
    return summary + line("totalMessagesFailed", messages.failed) + "  durationSeconds: '" + seconds_text(run.elapsed)
        + "'\n}";
}

void RunLog::tell_traffic(RunSnapshot const& run) const
{
    auto const& traffic = run.traffic;
    auto const limit = name_of(largest(run.waits));
    auto line = "[Backfill] Freshchat: " + text(traffic.requests) + " requests, " + text(traffic.throttled)
        + " throttled, " + text(traffic.retried) + " retried; ";
    if (traffic.origin == calls::CeilingOrigin::none) {
        line += "no ceiling met";
    } else {
        line += "ceiling " + text(static_cast<std::size_t>(std::lround(traffic.ceiling_per_minute))) + "/min ("
            + name_of(traffic.origin) + "), " + text(static_cast<std::size_t>(std::lround(traffic.used_ratio * 100)))
            + "% used";
    }
    log_.out({"freshchat_traffic", Level::info,
        {{"requests", traffic.requests}, {"throttled", traffic.throttled}, {"retried", traffic.retried},
            {"ceiling_per_minute", traffic.ceiling_per_minute}, {"ceiling_origin", name_of(traffic.origin)},
            {"used_ratio", traffic.used_ratio}, {"limited_by", limit}},
        line + "; limited by " + limit});
}

void RunLog::tell_estimate(RunSnapshot const& run) const
{
    auto const estimate = estimate_run(settings_, run);
    log_.out({"run_estimate", Level::info,
        {{"freshchat_requests", estimate.freshchat_requests}, {"supabase_requests", estimate.supabase_requests},
            {"duration_seconds", seconds(estimate.duration)}},
        text_of(estimate)});
}

} // namespace backfill::app
