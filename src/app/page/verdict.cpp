#include "app/page/verdict.hpp"

#include "app/log/duration_text.hpp"
#include "app/log/run_estimate.hpp"
#include "app/page/html_text.hpp"

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <map>

namespace backfill::app {
namespace {

using Counts = std::map<std::string, std::size_t, std::less<>>;
using Steps = std::vector<std::string>;

constexpr int kSomeFailed = 3;
constexpr int kMaxDuration = 10;
constexpr std::size_t kLongest = 2000; // bytes of a fatal line: it may hold SQL

std::string counted(std::size_t number, char const* one, char const* many)
{
    return grouped(number) + " " + (number == 1 ? one : many);
}

std::string conversations(std::size_t number)
{
    return counted(number, "conversation", "conversations");
}

std::string messages(std::size_t number)
{
    return counted(number, "message", "messages");
}

std::size_t count_of(Counts const& counts, std::initializer_list<char const*> codes)
{
    std::size_t sum = 0;
    for (auto const* code : codes) {
        auto const found = counts.find(code);
        sum += found == counts.end() ? 0 : found->second;
    }
    return sum;
}

std::string heading(Settings const& settings, RunSnapshot const& run, RunEnd const& end)
{
    if (end.ending == Ending::fatal) {
        return "The run could not go on";
    }
    if (!end.output_error.empty()) {
        return std::string{end.ending == Ending::stopped ? "Stopped" : "Finished"}
        + ", but standard output could not be written";
    }
    if (end.ending == Ending::stopped) {
        return end.exit_code == kMaxDuration ? "Stopped at MAX_DURATION" : "Stopped by a signal";
    }
    if (end.exit_code != kSomeFailed) {
        return settings.command == Command::run   ? "Everything asked for is stored"
            : settings.command == Command::verify ? "Both sides are equal"
                                                  : "Everything could be read; nothing was written";
    }
    if (run.conversations.failed > 0) {
        return "Finished, but " + conversations(run.conversations.failed) + " failed";
    }
    if (run.messages.failed > 0) {
        return "Finished, but " + messages(run.messages.failed) + " could not be stored";
    }
    if (run.conversations.unread > 0) {
        return "Finished, but " + conversations(run.conversations.unread) + " moved in the list and were not read";
    }
    return settings.command == Command::verify ? "The two sides differ" : "Finished, but earlier parts had failures";
}

std::string meaning(Settings const& settings, RunEnd const& end)
{
    std::string const kept = settings.writes() ? "; what was fetched is stored" : "; nothing was written";
    switch (end.exit_code) {
    case 0:
        return "all is well";
    case 1:
        return end.ending == Ending::fatal ? "fatal: the run could not go on" : "lines are missing on standard output";
    case kSomeFailed:
        return "finished, but something failed or differs";
    case kMaxDuration:
        return "stopped in time" + kept;
    default:
        return "stopped by a signal" + kept;
    }
}

void advise_on_failures(RunSnapshot const& run, Steps& next)
{
    auto const& failures = run.conversation_failures;
    if (auto const unknown = count_of(failures, {"not_found"}); unknown > 0) {
        next.push_back(conversations(unknown)
            + " not found at Freshchat: deleted there, or of another account. For deleted ones set "
              "<code>ON_NOT_FOUND=ignore</code>, so that they do not fail every run.");
    }
    if (auto const passing = count_of(failures, {"network", "server", "look_up", "upsert"}); passing > 0) {
        next.push_back(conversations(passing)
            + " failed on the network or on one side’s errors. Such faults mostly pass: run it again, later if they "
              "stay.");
    }
    if (auto const kept_out = count_of(failures, {"forbidden", "wrong_host"}); kept_out > 0) {
        next.push_back(conversations(kept_out)
            + " refused by Freshchat, or answered by something that is no API: check the rights of "
              "<code>FRESHCHAT_TOKEN</code> and the host in <code>FRESHCHAT_DOMAIN</code>.");
    }
    if (auto const others = count_of(failures, {"other"}); others > 0) {
        next.push_back(conversations(others)
            + " failed for other reasons, which stand beside the ids: mostly Freshchat refuses just these, or its "
              "answer is no list of messages. If it stays so, ask Freshchat.");
    }
    if (auto const absent = count_of(failures, {"not_in_table"}); absent > 0) {
        next.push_back(conversations(absent) + " that you named are not in the conversation table: check the ids.");
    }
    auto const lost = count_of(run.message_failures, {"lost"});
    auto const unusable = count_of(run.message_failures, {"unusable"});
    if (unusable > 0) {
        next.push_back(
            messages(unusable) + " came without an id or a readable time. No row can be made of them; ask Freshchat.");
    }
    auto const dropped = count_of(run.message_failures, {"not_stored"});
    if (dropped > 0) {
        next.push_back(messages(dropped)
            + " taken by the database without an error, and not stored: look at the triggers of the message table.");
    }
    if (auto const rest = lost + unusable + dropped; run.messages.failed > rest) {
        next.push_back(messages(run.messages.failed - rest)
            + " refused by the database. With <code>REJECTS_FILE</code> each is named; when the table or the message "
              "is mended, <code>run --from-rejects FILE</code> tries just those again.");
    }
    if (run.failed_before > 0) {
        next.push_back(conversations(run.failed_before)
            + " failed in the parts of this pass that earlier runs did: run it again, from the oldest.");
    }
}

void advise_on_differences(Settings const& settings, RunSnapshot const& run, Steps& next)
{
    if (!settings.repair && run.messages.fresh > 0) {
        next.push_back(messages(run.messages.fresh)
            + " missing in the table: <code>freshchat-backfill verify --repair</code>, or a <code>run</code>, stores "
              "them.");
    }
    if (run.messages.surplus > 0) {
        next.push_back(messages(run.messages.surplus)
            + " in the table but not at Freshchat: deleted there, or never from there. This program never deletes "
              "rows; look at them by hand.");
    }
}

void advise_after_dry_run(Settings const& settings, RunSnapshot const& run, Steps& next)
{
    auto const estimate = estimate_run(settings, run);
    next.push_back("Nothing was written. <code>freshchat-backfill run</code> with the same settings would store "
        + messages(run.messages.fresh) + ". It would need "
        + counted(estimate.freshchat_requests, "request", "requests") + " to Freshchat, about "
        + grouped(estimate.supabase_requests) + " to Supabase, and about "
        + duration_text(std::max<Clock::Duration>(estimate.duration, std::chrono::seconds{1})) + " at this pace.");
}

/// What to do first, by how the run ended. What only reads has stored nothing, and begins anew.
void advise_on_ending(Settings const& settings, RunSnapshot const& run, RunEnd const& end, Steps& next)
{
    if (end.ending == Ending::fatal) {
        next.push_back(foreign_html(run.fatal, kLongest)); // it says what to do
        next.emplace_back(settings.writes()
                ? "When that is mended, run it again: what is stored stays, and is not stored twice."
                : "When that is mended, try again: nothing was written.");
    } else if (end.ending == Ending::stopped) {
        bool const goes_on =
            settings.command == Command::run && !settings.state_file.empty() && end.exit_code == kMaxDuration;
        next.push_back(conversations(run.conversations.not_reached()) + " not reached. "
            + (settings.writes() ? "Run it again to complete them: what is stored is skipped."
                                 : "Nothing was written; to have them too, begin again and give it more time.")
            + (goes_on ? " With the same <code>STATE_FILE</code> the next run goes on where this one stopped." : ""));
    } else if (end.exit_code == kSomeFailed && settings.command == Command::run) {
        next.emplace_back(
            "Run it again: only what is missing is stored. When the same ones stay, look at their reasons.");
    } else if (end.exit_code == kSomeFailed && run.conversations.failed + run.messages.failed > 0) {
        next.emplace_back(
            "Try again: what failed was not compared or counted. When the same ones stay, look at the reasons.");
    }
}

Steps next_steps(Settings const& settings, RunSnapshot const& run, RunEnd const& end)
{
    Steps next;
    advise_on_ending(settings, run, end, next);
    if (settings.command == Command::verify) {
        advise_on_differences(settings, run, next);
    }
    advise_on_failures(run, next);
    if (settings.command == Command::dry_run && end.ending == Ending::complete) {
        advise_after_dry_run(settings, run, next);
    }
    if (!end.output_error.empty()) {
        next.push_back("Standard output could not be written: " + foreign_html(end.output_error)
            + ". Lines are missing there; the numbers on this page are whole.");
    }
    if (next.empty()) {
        next.emplace_back(
            "Nothing. A later run, or <code>freshchat-backfill verify</code>, shows whether it stays so.");
    }
    return next;
}

} // namespace

RunVerdict verdict(Settings const& settings, RunSnapshot const& run, RunEnd const& end)
{
    auto const grade = end.ending == Ending::fatal || !end.output_error.empty() ? RunVerdict::Grade::bad
        : end.ending == Ending::stopped || end.exit_code == kSomeFailed         ? RunVerdict::Grade::unfinished
                                                                                : RunVerdict::Grade::good;
    return {grade, heading(settings, run, end), meaning(settings, end), next_steps(settings, run, end)};
}

} // namespace backfill::app
