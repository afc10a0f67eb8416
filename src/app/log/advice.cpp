#include "app/log/advice.hpp"

#include "app/facts/exit_codes.hpp"
#include "app/log/duration_text.hpp"
#include "app/log/number_text.hpp"
#include "app/log/run_estimate.hpp"

#include "backfill/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace backfill::app {
namespace {

using Steps = std::vector<std::string>;

constexpr std::size_t kLongest = 2000; // bytes of a fatal line: it may hold SQL

/// Text from outside: it must not pass for the name of a setting.
std::string foreign(std::string_view text)
{
    auto line = printable(text, kLongest);
    std::replace(line.begin(), line.end(), '`', '\'');
    return line;
}

std::string conversations(std::size_t number)
{
    return counted(number, "conversation", "conversations");
}

std::string messages(std::size_t number)
{
    return counted(number, "message", "messages");
}

/// One step for all failures with the same advice. Returns how many of `counts` the `failures` cover.
std::size_t advise_on(std::vector<FailureText> const& failures, Counts const& counts,
    std::string (*counted_ones)(std::size_t), Steps& next)
{
    std::size_t covered = 0;
    std::size_t alike = 0;
    for (std::size_t i = 0; i < failures.size(); ++i) {
        auto const found = counts.find(failures[i].code);
        alike += found == counts.end() ? 0 : found->second;
        auto const advice = failures[i].advice;
        if (i + 1 < failures.size() && failures[i + 1].advice == advice) {
            continue;
        }
        if (alike > 0 && !advice.empty()) {
            next.push_back(fmt::format("{} {}", counted_ones(alike), advice));
        }
        covered += alike;
        alike = 0;
    }
    return covered;
}

void advise_on_failures(RunSnapshot const& run, Steps& next)
{
    advise_on(conversation_failures(), run.conversation_failures, conversations, next);
    auto const ours = advise_on(message_failures(), run.message_failures, messages, next);
    if (run.messages.failed > ours) {
        next.push_back(fmt::format("{} {}", messages(run.messages.failed - ours), refused_message_advice()));
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
            + " missing in the table: `freshchat-backfill verify --repair`, or a `run`, stores them.");
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
    next.push_back(fmt::format("Nothing was written. `freshchat-backfill run` with the same settings would store {}. "
                               "It would need {} to Freshchat, about {} to Supabase, and about {} at this pace.",
        messages(run.messages.fresh), counted(estimate.freshchat_requests, "request", "requests"),
        grouped(estimate.supabase_requests),
        duration_text(std::max<Clock::Duration>(estimate.duration, std::chrono::seconds{1}))));
}

/// What to do first, by how the run ended. Commands that only read have stored nothing, and begin anew.
void advise_on_ending(Settings const& settings, RunSnapshot const& run, RunEnd const& end, Steps& next)
{
    if (end.ending == Ending::fatal) {
        next.push_back(foreign(run.fatal)); // it says what to do
        next.emplace_back(settings.writes()
                ? "When that is mended, run it again: what is stored stays, and is not stored twice."
                : "When that is mended, try again: nothing was written.");
    } else if (end.ending == Ending::stopped) {
        bool const goes_on = settings.command == Command::run && !settings.state_file.empty()
            && end.exit_code == ExitCode::kStoppedItself;
        next.push_back(fmt::format("{} not reached. {}{}", conversations(run.conversations.not_reached()),
            settings.writes() ? "Run it again to complete them: what is stored is skipped."
                              : "Nothing was written; to have them too, begin again and give it more time.",
            goes_on ? " With the same `STATE_FILE` the next run goes on where this one stopped." : ""));
    } else if (end.exit_code == ExitCode::kSomeFailed && settings.command == Command::run) {
        next.emplace_back(
            "Run it again: only what is missing is stored. When the same ones stay, look at their reasons.");
    } else if (end.exit_code == ExitCode::kSomeFailed && run.conversations.failed + run.messages.failed > 0) {
        next.emplace_back(
            "Try again: what failed was not compared or counted. When the same ones stay, look at the reasons.");
    }
}

} // namespace

std::vector<std::string> next_steps(Settings const& settings, RunSnapshot const& run, RunEnd const& end)
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
        next.push_back("Standard output could not be written: " + foreign(end.output_error)
            + ". Lines are missing there; the numbers on this page are whole.");
    }
    if (next.empty()) {
        next.emplace_back("Nothing. A later run, or `freshchat-backfill verify`, shows whether it stays so.");
    }
    return next;
}

} // namespace backfill::app
