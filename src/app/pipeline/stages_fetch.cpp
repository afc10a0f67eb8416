#include "app/pipeline/stages.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/timestamp.hpp"
#include "backfill/rows/prepare.hpp"
#include "backfill/supabase/id_spelling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <iterator>
#include <new>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace backfill::app {
namespace {

freshchat::WalkOptions walk_options(Settings const& settings)
{
    auto const& columns = settings.messages.columns;
    bool const raw = std::ranges::find(columns, MessageField::raw, &Column::kind) != columns.end();
    return {settings.freshchat_token, settings.page_delay, {other_fields(columns), raw, settings.other_parts}};
}

MessageIds const& stored_ids(Job const& job)
{
    static MessageIds const none;
    auto const& by_conversation = job.batch->stored.by_conversation;
    auto const stored = by_conversation.find(job.conversation);
    return stored == by_conversation.end() ? none : stored->second;
}

/// Whether the page shows that it is in this order: a server that sends the oldest first has its news elsewhere.
bool newest_first(std::vector<Message> const& page)
{
    std::vector<long long> times;
    for (auto const& message : page) {
        auto const time = parse_timestamp(message.created_time);
        if (!time) {
            return false;
        }
        times.push_back(time->microseconds);
    }
    return std::ranges::is_sorted(times, std::ranges::greater{}) && times.front() > times.back();
}

/// Mode::incremental: a page without news ends the walk. What is stored has no holes towards the oldest message, since
/// a walk that did not end stores nothing and the writer sends the oldest rows first. Rejected rows are holes, and so
/// may be parts of a request that was refused: such a conversation is read to its end, so that they are tried again.
freshchat::ConversationMessages::EnoughAt enough(Run const& run, Job const& job)
{
    if (run.settings.mode != Mode::incremental || run.run_log.has_rejects(job.conversation)
        || run.run_log.may_be_parted(job.conversation, 0)) {
        return {};
    }
    return [&rules = run.settings.clean_rules, &stored = stored_ids(job)](
               std::vector<Message> const& page) { return !rows::has_news(page, stored, rules) && newest_first(page); };
}

/// Whether the conversation is the likely reason where it has failed in an earlier run, too: in a quiet night there may
/// be no others, and they say nothing of the account.
bool is_of_its_own(ConversationFailure failure)
{
    return failure == ConversationFailure::not_found || failure == ConversationFailure::forbidden
        || failure == ConversationFailure::wrong_host;
}

/// An excluded message that is stored all the same is no surplus, since Freshchat holds it.
std::vector<std::string> surplus_of(Job const& job, std::vector<Message> const& messages)
{
    std::unordered_set<std::string> held;
    for (auto const& message : messages) {
        held.insert(supabase::folded(message.id));
    }
    std::vector<std::string> surplus;
    std::ranges::copy_if(stored_ids(job), std::back_inserter(surplus),
        [&held](auto const& id) { return !held.contains(supabase::folded(id)); });
    std::ranges::sort(surplus);
    return surplus;
}

/// Reports the messages that become no row, and chooses the rows to send.
Fetched to_send(Run& run, Job const& job, std::vector<Message> const& messages)
{
    auto prepared = rows::prepare(job.conversation, messages, stored_ids(job), run.settings.clean_rules);
    for (auto const& [message, reason] : prepared.unusable) {
        run.run_log.message_failed(job.conversation, {message, kUnusable, reason});
    }
    for (auto const& [message, reason] : prepared.excluded) {
        run.run_log.message_excluded(job.conversation, message, reason);
    }
    Fetched fetched{job.conversation, std::move(prepared.fresh),
        {.fetched = messages.size(), .excluded = prepared.excluded.size(), .failed = prepared.unusable.size()},
        std::move(prepared.texts)};
    if (run.settings.command == Command::verify) {
        fetched.surplus = surplus_of(job, messages);
    }
    if (run.settings.messages.on_conflict == supabase::OnConflict::update) { // counted when they are written
        fetched.rows.insert(fetched.rows.end(), prepared.stored.begin(), prepared.stored.end());
    } else {
        fetched.counts.stored = prepared.stored.size();
        for (auto const& row : prepared.stored) {
            run.facts.message_in_table(row.time_key, {.stored = 1});
        }
    }
    return fetched;
}

void pass_on(Run& run, Fetched fetched)
{
    TimeTally::Span const for_writer{run.writer_wait};
    auto& queue = run.queue_of(fetched.conversation);
    queue.push(run.open_conversations.open(std::move(fetched)));
}

std::optional<Job> next_job(Run& run)
{
    TimeTally::Span const for_jobs{run.jobs_wait};
    auto job = run.jobs.pop();
    return job || run.halted.stop_requested() ? std::move(job) : run.put_off.take();
}

} // namespace

Fetcher::Fetcher(Run& run)
    : run_{run},
      client_{"freshchat", run.connections.freshchat(), run.freshchat_gate,
          calls::RetryPolicy{.max_retry_after = run.settings.quota.max_wait}, run.clock, run.run_log},
      freshchat_{client_, walk_options(run.settings), run.account, run.delays}
{
}

std::optional<Fetched> Fetcher::fetch(Job const& job)
{
    auto const& failed = job.batch->stored.failed;
    if (auto const found = failed.find(job.conversation); found != failed.end()) {
        run_.run_log.conversation_failed({job.conversation, ConversationFailure::look_up, found->second});
        return std::nullopt;
    }
    try {
        TextStore texts;
        auto const messages = freshchat_.fetch(job.conversation, texts, run_.halted.get_token(), enough(run_, job));
        run_.health.conversation_fetched();
        run_.doubtful_fields.saw(messages);
        return to_send(run_, job, messages);
    } catch (std::bad_alloc const&) {
        run_.run_log.conversation_failed(
            {job.conversation, ConversationFailure::other, "there is not enough memory for its messages"});
        return std::nullopt;
    } catch (QuotaAwayError const& error) {
        run_.quota_away(error);
        throw Stopped{}; // the conversation is not reached
    } catch (ConversationError const& error) {
        if (error.kind() == ConversationFailure::not_found && run_.settings.on_not_found == OnNotFound::ignore) {
            run_.run_log.conversation_ignored(job.conversation);
            if (auto const doubt = run_.health.conversation_ignored(); !doubt.empty()) {
                run_.run_log.warning(doubt);
            }
            return to_send(run_, job, {}); // verify finds a surplus of what is stored
        }
        if (error.kind() == ConversationFailure::throttled && !job.was_put_off) {
            run_.put_off.add(job);
        } else {
            run_.run_log.conversation_failed({job.conversation, error.kind(), error.what()});
        }
        bool const is_evidence = !run_.owed.contains(job.conversation) || !is_of_its_own(error.kind());
        if (is_evidence && run_.health.conversation_failed(error) == RunHealth::Verdict::quota_used_up) {
            run_.run_log.quota_used_up(
                fmt::format("ten conversations in a row were throttled, the last one: {}", error.what()), "later");
            run_.stop_itself();
        }
        return std::nullopt;
    }
}

void fetch_conversations(Run& run, std::function<void()> const& before_job)
{
    auto const stop = run.halted.get_token();
    try {
        Fetcher fetcher{run};
        for (before_job(); auto const job = next_job(run); before_job()) {
            if (job->first_of_batch) {
                run.run_log.batch_started(job->batch->number, job->batch->size);
            }
            if (auto fetched = fetcher.fetch(*job)) {
                pass_on(run, *std::move(fetched));
            }
            // After each conversation but the run's last: nothing follows that the delay could protect.
            bool const more = !run.jobs.drained() || !run.put_off.empty();
            if (more && !run.delays.sleep_until(run.clock.now() + run.settings.rate_limit_delay, stop)) {
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
