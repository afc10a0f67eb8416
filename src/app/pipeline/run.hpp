#pragma once

#include "app/connections/connections.hpp"
#include "app/facts/frontier.hpp"
#include "app/facts/run_facts.hpp"
#include "app/log/run_log.hpp"
#include "app/pipeline/open_conversations.hpp"
#include "app/pipeline/row_queue.hpp"
#include "app/pipeline/run_health.hpp"
#include "app/settings/settings.hpp"
#include "backfill/calls/rate_gate.hpp"
#include "backfill/core/bounded_queue.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/core/conversation.hpp"
#include "backfill/core/stop_tokens.hpp"
#include "backfill/core/time_tally.hpp"
#include "backfill/freshchat/conversation_messages.hpp"
#include "backfill/freshchat/doubtful_fields.hpp"
#include "backfill/supabase/acceptance.hpp"
#include "backfill/supabase/api_key.hpp"
#include "backfill/supabase/message_table.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <unordered_set>
#include <utility>
#include <vector>

namespace backfill::app {

struct Batch {
    std::size_t number = 0;
    std::size_t size = 0;
    supabase::StoredIds stored;
};

/// One conversation on its way to a fetcher.
struct Job {
    ConversationId conversation;
    std::shared_ptr<Batch const> batch;
    bool first_of_batch;
    bool was_put_off = false;
};

/// Conversations that Freshchat throttled until their tries ran out. They get one more turn when the list has ended: by
/// then there may be quota. Any thread.
class PutOff {
public:
    void add(Job job)
    {
        job.first_of_batch = false;
        job.was_put_off = true;
        std::lock_guard lock{mutex_};
        jobs_.push_back(std::move(job));
    }

    std::optional<Job> take()
    {
        std::lock_guard lock{mutex_};
        if (jobs_.empty()) {
            return std::nullopt;
        }
        std::optional<Job> job{std::move(jobs_.front())};
        jobs_.pop_front();
        return job;
    }

    bool empty()
    {
        std::lock_guard lock{mutex_};
        return jobs_.empty();
    }

private:
    std::mutex mutex_;
    std::deque<Job> jobs_;
};

/// Counts the jobs handed out and not yet done with, for the barrier between batches. Any thread.
class OpenJobs {
public:
    void add()
    {
        std::lock_guard lock{mutex_};
        ++open_;
    }

    void done()
    {
        std::lock_guard lock{mutex_};
        if (--open_ == 0) {
            none_.notify_all();
        }
    }

    /// Returns false when a stop ended the wait.
    bool wait_until_none(std::stop_token const& stop)
    {
        std::unique_lock lock{mutex_};
        return none_.wait(lock, stop, [this] { return open_ == 0; });
    }

private:
    std::mutex mutex_;
    std::condition_variable_any none_;
    std::size_t open_ = 0;
};

/// Conversations that are fetched out of their turn, which comes at the list's end. Any thread.
class OutOfTurn {
public:
    /// Returns false when the end of the list is handed out already.
    bool take(ConversationId const& id)
    {
        std::lock_guard lock{mutex_};
        return !at_end_ && taken_.insert(id).second;
    }

    bool has(ConversationId const& id)
    {
        std::lock_guard lock{mutex_};
        return taken_.contains(id);
    }

    void list_ends() ///< call before its last conversations are handed out
    {
        std::lock_guard lock{mutex_};
        at_end_ = true;
    }

private:
    std::mutex mutex_;
    std::unordered_set<ConversationId> taken_;
    bool at_end_ = false;
};

/// What the stages of one run share. Any thread.
struct Run {
    Run(Settings const& the_settings, LastRun const& the_last_run, Connections const& the_connections, Clock& the_clock,
        StopTokens const& the_stop, RunFacts& the_facts, RunLog& the_log);

    void fail(std::exception_ptr what);           ///< halts; keeps the first error for rethrow_failure()
    void halt();                                  ///< nothing more is listed or fetched
    void stop_itself();                           ///< as at the end of MAX_DURATION
    void quota_away(QuotaAwayError const& error); ///< tells it once, and stops itself
    bool has_failed();
    void rethrow_failure();
    /// A conversation's rows all go through one writer, so that they are stored in order.
    RowQueue& queue_of(ConversationId const& conversation);
    FetchingPace pace() const;
    supabase::Selection selection() const; ///< what is left of this pass

    Settings const& settings;
    LastRun const& last_run;
    Connections const& connections;
    Clock& clock;
    StopTokens const& stop;
    RunFacts& facts; ///< those that run_log tells
    RunLog& run_log;

    supabase::ApiKey const key{settings.supabase_key};
    calls::RateGate supabase_gate{clock};
    calls::RateGate freshchat_gate;
    RunHealth health;
    std::unordered_set<ConversationId> const owed{last_run.owed.begin(), last_run.owed.end()};
    freshchat::Account account;
    freshchat::DoubtfulFields doubtful_fields{settings.messages.columns};

    BoundedQueue<Job> jobs; ///< list stage → fetchers
    OpenJobs open_jobs;
    PutOff put_off;
    std::deque<RowQueue> row_queues; ///< fetchers → writers, one each
    OpenConversations open_conversations{settings, run_log, facts};
    OutOfTurn out_of_turn;

    bool table_was_empty = false; ///< the message table, as the preflight saw it with a key that sees all
    supabase::Acceptance acceptance;
    /// What writers share while it is not known whether the table takes rows. Under acceptance.trial().
    struct Trial {
        std::size_t writers_left = 0; ///< the last one to end writes what was put back
        std::deque<Row> put_back;     ///< by those that have ended
        std::string refusal;          ///< of the last row that was refused alone
        std::string advice;
    } trial;

    std::stop_source halted; ///< ends waits, reads and Freshchat calls
    std::atomic<bool> quota_is_away{false};
    std::atomic<bool> cut_short{false}; ///< a stop came before something was fetched or stored

    /// What fetchers wait for.
    TimeTally jobs_wait{clock}; ///< while the list has not ended
    TimeTally writer_wait{clock};
    TimeTally end_wait{clock};  ///< nothing left to fetch, while others still do
    TalliedClock delays{clock}; ///< RATE_LIMIT_DELAY and PAGE_DELAY
    TalliedClock batch_delays{clock};

private:
    std::mutex mutex_;
    std::exception_ptr failure_;
};

} // namespace backfill::app
