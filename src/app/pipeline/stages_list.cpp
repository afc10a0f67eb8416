#include "app/pipeline/stages.hpp"

#include "backfill/core/errors.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <vector>

namespace backfill::app {
namespace {

/// In Mode::missing: it has a stored message, and no run ended between its parts.
bool is_skipped(Run const& run, Batch const& batch, ConversationId const& id)
{
    auto const stored = batch.stored.by_conversation.find(id);
    return run.settings.mode == Mode::missing && stored != batch.stored.by_conversation.end()
        && !run.run_log.may_be_parted(id, stored->second.size());
}

/// The batch as jobs; without those that the mode skips.
std::vector<Job> jobs_of(
    Run& run, std::shared_ptr<Batch const> const& batch, std::vector<Conversation> const& conversations)
{
    std::vector<Job> jobs;
    for (auto const& conversation : conversations) {
        if (!conversation.is_again) { // no place to go on from
            run.facts.handed_out(conversation);
        }
        if (run.out_of_turn.has(conversation.id)) {
            continue; // fetched already
        }
        if (is_skipped(run, *batch, conversation.id)) {
            run.run_log.conversation_skipped(conversation.id);
        } else {
            jobs.push_back({conversation.id, batch, jobs.empty()});
        }
    }
    if (jobs.empty()) {
        run.run_log.batch_started(batch->number, batch->size);
    }
    return jobs;
}

/// Returns false when the run was halted.
bool hand_out(Run& run, std::vector<Job> const& jobs, bool last_batch)
{
    for (auto const& job : jobs) {
        bool const last = last_batch && &job == &jobs.back();
        run.open_jobs.add();
        if (!(last ? run.jobs.push_last(job) : run.jobs.push(job))) {
            return false;
        }
    }
    return true;
}

/// Waits until all that was handed out is fetched and stored. Returns false when the run was halted.
bool keep_barrier(Run& run)
{
    if (!run.open_jobs.wait_until_none(run.halted.get_token())) {
        return false;
    }
    for (auto& queue : run.row_queues) {
        queue.flush();
    }
    return run.open_conversations.wait_until_none() && !run.halted.stop_requested();
}

} // namespace

supabase::StoredIds look_up(Run& run, supabase::MessageTable& table, std::vector<Conversation> const& conversations)
{
    // What others store meanwhile is met by the upserts as duplicates.
    bool const nothing_is_stored = run.table_was_empty
        && run.settings.messages.on_conflict == supabase::OnConflict::ignore && run.settings.command != Command::verify;
    if (nothing_is_stored) {
        return {};
    }
    std::vector<ConversationId> ids;
    std::ranges::transform(conversations, std::back_inserter(ids), &Conversation::id);
    try {
        auto stored = table.stored_ids(ids, run.halted.get_token());
        run.health.call_ended(RunHealth::Call::look_up);
        if (!stored.by_conversation.empty()) {
            run.acceptance.make_known();
        }
        return stored;
    } catch (BatchError const& error) {
        run.health.call_ended(RunHealth::Call::look_up, error.what());
        supabase::StoredIds none;
        for (auto const& id : ids) {
            none.failed.emplace(id, error.what());
        }
        return none;
    }
}

bool list_conversations(Run& run, supabase::WorkList& work, supabase::MessageTable& table)
{
    auto const halted = run.halted.get_token();
    for (std::size_t number = 1;; ++number) {
        auto const conversations = work.next_batch(run.settings.batch_size, halted);
        run.facts.update([&work](RunSnapshot& facts) { facts.conversations.repeated = work.repeated(); });
        if (conversations.empty()) {
            return true;
        }
        if (work.at_end()) {
            run.out_of_turn.list_ends();
        }
        auto const batch =
            std::make_shared<Batch const>(Batch{number, conversations.size(), look_up(run, table, conversations)});
        if (!hand_out(run, jobs_of(run, batch, conversations), work.at_end())) {
            return false;
        }
        if (work.at_end()) {
            return true;
        }
        if (auto const delay = run.settings.batch_delay; delay.count() > 0) {
            if (!keep_barrier(run)) {
                return false;
            }
            run.run_log.waiting_before_next_batch();
            if (!run.batch_delays.sleep_until(run.clock.now() + delay, halted)) {
                return false;
            }
        }
    }
}

} // namespace backfill::app
