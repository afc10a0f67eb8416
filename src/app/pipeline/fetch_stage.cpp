#include "app/pipeline/stages.hpp"

#include "backfill/rows/clean.hpp"
#include "backfill/rows/prepare.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <unordered_set>
#include <utility>
#include <variant>

namespace backfill::app {
namespace {

freshchat::WalkOptions walk_options(Settings const& settings)
{
    freshchat::WalkOptions options{settings.freshchat_token, settings.page_delay, {}, false};
    for (auto const& column : settings.messages.columns) {
        static std::vector<std::string> const known{
            "id", "conversationid", "actor_type", "message_parts", "created_time"};
        if (column.field == "raw") {
            options.raw = true;
        } else if (std::find(known.begin(), known.end(), column.field) == known.end()) {
            options.fields.push_back(column.field);
        }
    }
    return options;
}

MessageIds const& stored_ids(Job const& job)
{
    static MessageIds const none;
    auto const& by_conversation = job.batch->stored.by_conversation;
    auto const stored = by_conversation.find(job.conversation);
    return stored == by_conversation.end() ? none : stored->second;
}

/// Mode::incremental: a page without news ends the walk. What is stored has no holes towards the oldest message, since
/// a walk that did not end stores nothing and the writer sends the oldest rows first. At least one stored message must
/// be there: a page of excluded ones alone says nothing about older ones. Rejected rows are holes: a conversation that
/// has some is read to its end, so that they are tried again.
freshchat::ConversationMessages::EnoughAt enough(Run const& run, Job const& job)
{
    if (run.settings.mode != Mode::incremental || run.run_log.has_rejects(job.conversation)) {
        return {};
    }
    return [&run, &stored = stored_ids(job)](std::vector<Message> const& page) {
        bool any_stored = false;
        for (auto const& message : page) {
            bool const is_stored = stored.contains(message.id);
            any_stored = any_stored || is_stored;
            if (!is_stored && !rows::excluded(message, run.settings.clean_rules)) {
                return false;
            }
        }
        return any_stored;
    };
}

/// verify: an excluded message that is stored all the same is no surplus, since Freshchat holds it.
void compare(Run& run, Job const& job, std::vector<Message> const& messages, Fetched& fetched)
{
    std::unordered_set<std::string_view> held;
    for (auto const& message : messages) {
        held.insert(message.id);
    }
    std::vector<std::string_view> surplus;
    for (auto const& id : stored_ids(job)) {
        if (!held.contains(id)) {
            surplus.push_back(id);
        }
    }
    std::sort(surplus.begin(), surplus.end());
    std::vector<std::string_view> missing;
    for (auto const& row : fetched.rows) {
        missing.push_back(row.id);
    }
    fetched.counts.surplus = surplus.size();
    run.run_log.compared(job.conversation, missing, surplus);
}

/// Messages → rows, oldest first, parted from those that are stored.
Fetched prepare_rows(Run& run, Job const& job, std::vector<Message> const& messages)
{
    Fetched fetched{job.conversation, {}, 0, {}, {}, {}};
    auto const conversation = fetched.texts.keep(job.conversation);
    fetched.counts.fetched = messages.size();
    std::vector<Row> rows;
    rows.reserve(messages.size());
    for (auto const& message : messages) {
        auto cleaned = rows::clean(message, conversation, run.settings.clean_rules, fetched.texts);
        if (auto* row = std::get_if<Row>(&cleaned)) {
            rows.push_back(*row);
        } else if (auto const* unusable = std::get_if<rows::Unusable>(&cleaned)) {
            ++fetched.counts.failed;
            run.run_log.message_failed(
                job.conversation, {message.id, code_of(MessageFailure::unusable), unusable->reason});
        } else {
            ++fetched.counts.excluded;
            run.run_log.message_excluded(job.conversation, message.id, std::get<rows::Excluded>(cleaned).reason);
        }
    }
    std::sort(rows.begin(), rows.end(),
        [](Row const& a, Row const& b) { return std::tie(a.time_key, a.id) < std::tie(b.time_key, b.id); });
    auto parted = rows::part_by_stored(rows, stored_ids(job));
    fetched.counts.stored = parted.stored.size();
    fetched.fresh_rows = parted.fresh.size();
    fetched.rows = std::move(parted.fresh);
    if (run.settings.command == Command::verify) {
        compare(run, job, messages, fetched);
    }
    if (run.settings.messages.on_conflict == supabase::OnConflict::update) {
        fetched.counts.stored = 0; // counted when they are written
        fetched.rows.insert(fetched.rows.end(), parted.stored.begin(), parted.stored.end());
    } else {
        for (auto const& row : parted.stored) {
            fetched.days.stored.push_back(day_of(row.time_key));
        }
    }
    return fetched;
}

/// A conversation that Freshchat does not know, where that is no failure. What verify finds stored of it is surplus.
void ignore(Run& run, Job const& job)
{
    run.run_log.conversation_ignored(job.conversation);
    if (run.settings.command == Command::verify) {
        run.writer_of(job.conversation).put(prepare_rows(run, job, {}));
    } else {
        run.run_log.conversation_done(job.conversation, {});
    }
}

void fetch_one(Run& run, freshchat::ConversationMessages& freshchat, Job const& job)
{
    if (auto const failed = job.batch->stored.failed.find(job.conversation); failed != job.batch->stored.failed.end()) {
        run.run_log.conversation_failed({job.conversation, ConversationFailure::look_up, failed->second});
        return;
    }
    try {
        TextStore texts;
        auto const messages = freshchat.fetch(job.conversation, texts, run.halted.get_token(), enough(run, job));
        run.health.conversation_fetched();
        auto fetched = prepare_rows(run, job, messages);
        WaitTally::Wait const for_writer{run.writer_wait};
        run.writer_of(job.conversation).put(std::move(fetched));
    } catch (ConversationError const& error) {
        if (error.kind() == FetchFailure::not_found && run.settings.on_not_found == OnNotFound::ignore) {
            ignore(run, job);
        } else {
            run.run_log.conversation_failed({job.conversation, failure_of(error.kind()), error.what()});
        }
        if (run.health.conversation_failed(error.kind(), error.what()) == RunHealth::Verdict::quota_used_up) {
            run.run_log.quota_used_up(error.what());
            run.stop_itself();
        }
    }
}

std::optional<Job> next_job(Run& run)
{
    WaitTally::Wait const for_jobs{run.jobs_wait};
    return run.jobs.pop();
}

} // namespace

void fetch_conversations(Run& run, calls::Client& client)
{
    freshchat::ConversationMessages freshchat{client, walk_options(run.settings), run.link_seen, run.delays};
    auto const stop = run.halted.get_token();
    try {
        while (auto const job = next_job(run)) {
            if (job->first_of_batch) {
                run.run_log.batch_started(job->batch->number, job->batch->size);
            }
            fetch_one(run, freshchat, *job);
            // After each conversation but the run's last: nothing follows that the delay could protect.
            if (!run.jobs.drained() && !run.delays.sleep_until(run.clock.now() + run.settings.rate_limit_delay, stop)) {
                return;
            }
            run.open_jobs.done();
        }
    } catch (Stopped const&) {
        run.cut_short = true; // the conversation in flight is not reached
    } catch (...) {
        run.fail(std::current_exception());
    }
}

} // namespace backfill::app
