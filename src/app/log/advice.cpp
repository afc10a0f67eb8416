#include "app/log/advice.hpp"

#include "app/facts/exit_codes.hpp"
#include "app/facts/failure_codes.hpp"
#include "app/log/number_text.hpp"
#include "app/log/run_estimate.hpp"

#include "backfill/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string_view>
#include <utility>

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

/// "3 × HTTP 503, 1 × Connection timeout", the most frequent first; the number only where there are several.
std::string reasons_text(Counts const& reasons)
{
    constexpr std::size_t kMost = 3;
    std::vector<std::pair<std::size_t, std::string>> by_number;
    for (auto const& [reason, number] : reasons) {
        by_number.emplace_back(number, reason);
    }
    std::ranges::stable_sort(by_number, std::greater{}, [](auto const& one) { return one.first; });
    std::string text;
    for (std::size_t i = 0; i < std::min(kMost, by_number.size()); ++i) {
        auto const& [number, reason] = by_number[i];
        text += (i == 0 ? "" : ", ") + (by_number.size() > 1 ? fmt::format("{} × ", number) : "") + foreign(reason);
    }
    return text + (by_number.size() > kMost ? ", …" : "");
}

/// One step for all failures with the same advice. Returns how many of `counts` the `failures` cover.
std::size_t advise_on(std::vector<FailureText> const& failures, Counts const& counts,
    std::map<std::string, Counts> const& reasons, char const* one, Steps& next)
{
    struct Group {
        FailureText text;
        std::size_t number = 0;
        Counts reasons{};
    };
    std::size_t covered = 0;
    std::vector<Group> groups;
    for (auto const& failure : failures) {
        if (groups.empty() || groups.back().text.advice != failure.advice) {
            groups.push_back({failure});
        }
        auto& group = groups.back();
        if (auto const found = counts.find(failure.code); found != counts.end()) {
            group.number += found->second;
        }
        if (auto const found = reasons.find(std::string{failure.code}); found != reasons.end()) {
            for (auto const& [reason, number] : found->second) {
                group.reasons[reason] += number;
            }
        }
    }
    for (auto const& group : groups) {
        if (group.number > 0 && !group.text.advice.empty()) {
            auto const why = group.reasons.empty() ? "" : " (" + reasons_text(group.reasons) + ")";
            next.push_back(
                fmt::format("{} {}{}{}", counted(group.number, one), group.text.what, why, group.text.advice));
        }
        covered += group.number;
    }
    return covered;
}

/// After a fatal end, "run it again" for what its cause made fail would contradict it.
std::vector<FailureText> with_advice_of_their_own(Ending ending)
{
    auto failures = conversation_failures();
    if (ending == Ending::fatal) {
        for (auto const kind : {ConversationFailure::network, ConversationFailure::server, ConversationFailure::look_up,
                 ConversationFailure::upsert}) {
            std::erase_if(failures, [kind](auto const& failure) { return failure.code == code_of(kind); });
        }
    }
    return failures;
}

void advise_on_failures(Settings const& settings, RunSnapshot const& run, Ending ending, Steps& next)
{
    advise_on(with_advice_of_their_own(ending), run.conversation_failures, run.failure_reasons, "conversation", next);
    auto const ours = advise_on(message_failures(), run.message_failures, {}, "message", next);
    if (run.messages.failed > ours) {
        next.push_back(fmt::format(
            "{} {}", counted(run.messages.failed - ours, "message"), refused_advice(settings.rejects_file)));
        for (auto const& [code, advice] : run.refusal_advice) {
            next.push_back(fmt::format("{} with {}: {}", run.message_failures.at(code),
                code.empty() ? "no code" : foreign(code), foreign(advice)));
        }
    }
    if (run.conversations.unread > 0) {
        next.push_back(counted(run.conversations.unread, "conversation")
            + " came to, or moved to, a place in the list that had been read: run it again.");
    }
    if (run.failed_before > 0) {
        next.push_back(counted(run.failed_before, "conversation")
            + " failed in the parts of this pass that earlier runs did: run it again, from the oldest.");
    }
}

void advise_on_differences(Settings const& settings, RunSnapshot const& run, Steps& next)
{
    if (!settings.repair && run.messages.fresh > 0) {
        next.push_back(counted(run.messages.fresh, "message")
            + " missing in the table: `freshchat-backfill verify --repair` stores what is missing.");
    }
    if (run.messages.surplus > 0) {
        next.push_back(counted(run.messages.surplus, "message")
            + " in the table but not at Freshchat: deleted there, or never from there. This program never deletes "
              "rows: look by hand.");
    }
}

void advise_after_dry_run(Settings const& settings, RunSnapshot const& run, Steps& next)
{
    auto const estimate = estimate_run(settings, run);
    next.push_back(fmt::format("Nothing was written. `freshchat-backfill run` with the same settings would store {}. "
                               "It would need {} to Freshchat, about {} to Supabase, and about {} at this pace.",
        counted(run.messages.fresh, "message"), counted(estimate.freshchat_requests, "request"),
        grouped(estimate.supabase_requests),
        duration_text(std::max<Clock::Duration>(estimate.duration, std::chrono::seconds{1}))));
}

/// What to do first, by how the run ended. Commands that only read have stored nothing, and begin anew.
void advise_on_ending(Settings const& settings, RunSnapshot const& run, RunEnd const& end, Steps& next)
{
    if (end.ending == Ending::fatal) {
        auto const cause = foreign(run.fatal); // and what to do
        next.push_back(fmt::format("{}{} When that is fixed, {}.", cause, cause.ends_with('.') ? "" : ".",
            settings.writes() ? "run it again: what is stored stays, and is not stored twice"
                              : "try again: nothing was written"));
    } else if (end.ending == Ending::stopped) {
        bool const stopped_itself = settings.command == Command::run && end.exit_code == ExitCode::kStoppedItself;
        bool const goes_on = stopped_itself && !settings.state_file.empty();
        bool const is_alone = stopped_itself && settings.state_file.empty();
        next.push_back(fmt::format("{} not reached. {}{}", counted(run.conversations.not_reached(), "conversation"),
            settings.writes() ? fmt::format(
                "Run it again {}: what is stored is skipped.", run.quota_back.empty() ? "for the rest" : run.quota_back)
                              : fmt::format("Nothing was written; for the rest, begin again {}.",
                                  run.quota_back.empty() ? "and give it more time" : run.quota_back),
            goes_on ? " With the same `STATE_FILE` the next run goes on where this one stopped."
                : is_alone
                ? " Without a `STATE_FILE` it begins at the oldest conversation again: set one, or allow more "
                  "time."
                : ""));
    } else if (end.exit_code == ExitCode::kSomeFailed && run.conversations.failed + run.messages.failed == 0
        && run.conversations.unread + run.failed_before == 0
        && run.messages.fresh * (settings.only_compares() ? 1 : 0) + run.messages.surplus == 0) {
        next.emplace_back("A file that you asked for could not be written, and a warning says which and why: all else "
                          "is as with exit code 0.");
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
    advise_on_failures(settings, run, end.ending, next);
    if (settings.command == Command::dry_run && end.ending == Ending::complete) {
        advise_after_dry_run(settings, run, next);
    }
    if (!end.output_error.empty()) {
        next.push_back("Standard output could not be written: " + foreign(end.output_error)
            + ". Lines are missing there; the numbers are whole.");
    }
    if (next.empty()) {
        next.emplace_back("Nothing. A later run, or `freshchat-backfill verify`, shows whether it stays so.");
    }
    return next;
}

} // namespace backfill::app
