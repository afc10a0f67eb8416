// What must hold after each run of a history.

#include "soak/history.hpp"

#include "faults/told.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <optional>

namespace backfill::test {
namespace {

constexpr double kStop = 10;               // eight seconds, and some for a busy machine
constexpr std::size_t kWholeRequest = 500; // rows: docs/pace.md's "500 or more stored messages"

/// What a run said of a conversation that it was done with: how many of its messages failed.
std::optional<std::size_t> failures_of(Chat const& chat, Ended const& ended)
{
    auto const start = "✓ Conversation " + chat.id + ": ";
    auto const at = ended.out.find(start);
    if (at == std::string::npos) {
        return std::nullopt;
    }
    auto const counts = ended.out.substr(at + start.size(), ended.out.find('\n', at) - at - start.size());
    auto const failed = counts.find(" failed, ");
    return failed == std::string::npos ? 0 : std::stoul(counts.substr(counts.rfind(' ', failed - 1)));
}

IdSet without(IdSet ids, IdSet const& others)
{
    std::erase_if(ids, [&](auto const& id) { return others.contains(id); });
    return ids;
}

IdSet const& of(IdsByChat const& ids, std::string const& chat)
{
    static IdSet const none;
    auto const found = ids.find(chat);
    return found == ids.end() ? none : found->second;
}

} // namespace

void History::judge(Run const& run)
{
    for (auto const& [chat, ids] : run.stored) {
        for (auto const& id : without(ids, of(stored_, chat))) {
            complain(run, "took " + id + " out of the table");
        }
    }
    if (run.ended.signal != 0) {
        if (run.ended.signal != SIGKILL || run.plan.signal != SIGKILL || !run.signalled) {
            complain(run, "ended by signal " + std::to_string(run.ended.signal) + ", or did not end");
        }
        judge_lines(run);
        return;
    }
    outcome.complain(run.where, complaints_about(run.ended, Voice::verbose_text));
    judge_exit(run);
    judge_lines(run);
    auto const told = told_by(run.ended, Voice::verbose_text);
    // The stop gives the last upserts six seconds: what was sent and not answered by then may be stored.
    bool const cut_off = run.ended.err.find("before Supabase answered") != std::string::npos;
    if (told.summary && run.at_supabase == 0 && !cut_off) { // else an answer may have been lost
        std::size_t added = 0;
        for (auto const& [chat, ids] : stored_) {
            added += without(ids, of(run.stored, chat)).size();
        }
        if (told.summary->inserted != added) {
            complain(run, std::to_string(told.summary->inserted) + " inserted, it says, not " + std::to_string(added));
        }
    }
    bool const ends_a_pass = run.ended.code == 0 && run.pass.has_place && run.plan.limit == 0 && habits_.shards == 1;
    for (auto const& chat : town_.chats()) {
        if (ends_a_pass && !run.pass.seen.contains(chat.id) && !run.changed.contains(chat.id)
            && !without(of(run.expected, chat.id), of(stored_, chat.id)).empty()) {
            complain(run, "conversation " + chat.id + " was passed over");
        }
    }
}

/// All shards ended with 0: nothing that they could see is missing.
void History::judge_coverage(IdsByChat const& expected, IdSet const& changed)
{
    for (auto const& [chat, ids] : expected) {
        if (!changed.contains(chat)) {
            for (auto const& id : without(ids, of(stored_, chat))) {
                outcome.complain(
                    fmt::format("run {}", tolls.runs), {"exit 0, but " + id + " of " + chat + " is missing"});
            }
        }
    }
}

/// Each conversation that is said to be done is whole, as far as the mode can see.
void History::judge_lines(Run const& run)
{
    auto const storable = town_.storable();
    for (auto const& chat : town_.chats()) {
        auto const failures = failures_of(chat, run.ended);
        if (failures.value_or(0) > 0 && refused_.empty() && run.at_supabase == 0) {
            complain(run, "messages of conversation " + chat.id + " failed for no reason");
        }
        if (!failures || (run.changed.contains(chat.id) && run.plan.mode == "incremental")) {
            continue; // news may have moved a gap behind the page at which an incremental walk ends
        }
        auto missing = without(of(run.expected, chat.id), of(stored_, chat.id));
        std::erase_if(missing, [&](auto const& id) { return !storable.contains(id); }); // deleted meanwhile
        if (missing.size() > (run.at_supabase > 0 ? *failures : 0)) { // what the check refuses is not expected
            complain(run, "conversation " + chat.id + " is said to be done, but lacks " + *missing.begin());
        }
    }
}

bool History::is_justified(Run const& run) const
{
    bool const any_fault = run.at_freshchat + run.at_supabase > 0;
    bool const was_empty = std::ranges::all_of(run.stored, [](auto const& of_chat) { return of_chat.second.empty(); });
    bool const was_signalled = run.signalled;
    switch (run.ended.code) {
    case 0:
        return true;
    case 1: // a table that takes no row ends a run only while no stored row was seen
        return any_fault || (!refused_.empty() && (was_empty || run.plan.mode == "missing"));
    case 3:
        return any_fault || !refused_.empty() || run.pass.had_failures
            || (town_.unknown() > 0 && !run.plan.ignores_unknown);
    case 10:
        return run.throttled > 0 || (run.plan.deadline != 0 && run.seconds >= static_cast<double>(run.plan.deadline));
    case 129:
        return was_signalled && run.plan.signal == SIGHUP;
    case 130:
        return was_signalled && run.plan.signal == SIGINT;
    case 143:
        return was_signalled && run.plan.signal == SIGTERM;
    default:
        return false;
    }
}

void History::judge_exit(Run const& run)
{
    auto const code = run.ended.code;
    if (!is_justified(run)) {
        complain(run, "exit " + std::to_string(code) + " for no reason");
    }
    if (run.plan.deadline != 0 && run.seconds > static_cast<double>(run.plan.deadline) + kStop) {
        complain(run, "ended long after its deadline");
    }
    auto const told = told_by(run.ended, Voice::verbose_text);
    if (told.summary) {
        auto const& sums = *told.summary;
        auto const failed = sums.failed + sums.messages_failed;
        if ((code == 3 && failed == 0 && !run.pass.had_failures) || (code == 0 && failed + sums.not_reached > 0)) {
            complain(run, "exit " + std::to_string(code) + " does not fit the summary");
        }
        auto const all = run.plan.limit == 0 ? town_.opened() : std::min(run.plan.limit, town_.opened());
        if (code == 0 && !run.pass.has_place && habits_.shards == 1 && sums.processed + sums.skipped != all) {
            complain(run, std::to_string(sums.processed) + " conversations, not " + std::to_string(all));
        }
    } else if (code == 0 || code == 3) {
        complain(run, "no summary");
    }
}

/// What later runs must know of this one.
void History::remember(Run const& run)
{
    for (auto const& chat : town_.chats()) {
        auto const failures = failures_of(chat, run.ended);
        auto const& now = of(stored_, chat.id);
        auto missing = without(of(run.expected, chat.id), now);
        // A state file has the conversation; without one, MODE=missing looks again where a whole request is stored.
        bool const is_known = habits_.state_file || (run.plan.mode == "missing" && now.size() >= kWholeRequest);
        if (failures) {
            halves_.erase(chat.id);
            rejects_.erase(chat.id);
        } else if (now.size() > of(run.stored, chat.id).size() && is_known) {
            halves_[chat.id].merge(missing);
        }
        if (failures.value_or(0) > 0 && habits_.rejects_file && !run.changed.contains(chat.id)) {
            for (auto const* message : chat.held()) {
                if (message->row && !now.contains(message->id)
                    && (is_refused(message->id) || missing.contains(message->id))) {
                    rejects_[chat.id].insert(message->id);
                }
            }
        }
    }
    auto const told = told_by(run.ended, Voice::verbose_text);
    auto const failed = told.summary ? told.summary->failed + told.summary->messages_failed : 0;
    auto const code = run.ended.signal != 0 ? -1 : run.ended.code;
    if (code == 0 || code == 3) {
        run.pass = {};
    } else if (code == 10 && habits_.state_file) {
        run.pass.has_place = true;
        run.pass.had_failures = run.pass.had_failures || failed > 0;
        for (auto const& chat : town_.chats()) {
            if (failures_of(chat, run.ended)) {
                run.pass.seen.insert(chat.id);
            }
        }
    }
}

} // namespace backfill::test
