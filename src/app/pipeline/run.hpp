#pragma once

#include "app/connections/connections.hpp"
#include "app/facts/last_run.hpp"
#include "app/facts/run_facts.hpp"
#include "app/log/run_log.hpp"
#include "app/pipeline/jobs.hpp"
#include "app/pipeline/open_conversations.hpp"
#include "app/pipeline/row_queue.hpp"
#include "app/pipeline/run_health.hpp"
#include "app/settings/settings.hpp"
#include "backfill/calls/rate_gate.hpp"
#include "backfill/core/bounded_queue.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/core/stop_tokens.hpp"
#include "backfill/core/time_tally.hpp"
#include "backfill/freshchat/conversation_messages.hpp"
#include "backfill/supabase/api_key.hpp"

#include <atomic>
#include <deque>
#include <exception>
#include <mutex>
#include <stop_token>

namespace backfill::app {

/// What the stages of one run share. Any thread.
struct Run {
    Run(Settings const& the_settings, LastRun const& the_last_run, Connections const& the_connections, Clock& the_clock,
        StopTokens const& the_stop, RunFacts& the_facts, RunLog& the_log);

    void fail(std::exception_ptr what); ///< halts; keeps the first error for rethrow_failure()
    void halt();                        ///< nothing more is listed or fetched
    void stop_itself();                 ///< as at the end of MAX_DURATION
    void rethrow_failure();
    /// A conversation's rows all go through one writer, so that they are stored in order.
    RowQueue& queue_of(ConversationId const& conversation);
    FetchingPace pace() const;

    Settings const& settings;
    LastRun const& last_run;
    Connections const& connections;
    Clock& clock;
    StopTokens const& stop;
    RunFacts& facts; ///< those that run_log tells
    RunLog& run_log;

    supabase::ApiKey const key;
    calls::RateGate supabase_gate;
    calls::RateGate freshchat_gate;
    RunHealth health;
    freshchat::LinkSeen link_seen{false};

    BoundedQueue<Job> jobs; ///< list stage → fetchers
    OpenJobs open_jobs;
    std::deque<RowQueue> row_queues; ///< fetchers → writers, one each
    OpenConversations open_conversations;

    std::stop_source halted;            ///< ends waits, reads and Freshchat calls
    std::atomic<bool> cut_short{false}; ///< a stop came before something was fetched or stored

    /// What fetchers wait for.
    TimeTally jobs_wait; ///< while the list has not ended
    TimeTally writer_wait;
    TimeTally end_wait;  ///< nothing left to fetch, while others still do
    TalliedClock delays; ///< RATE_LIMIT_DELAY and PAGE_DELAY
    TalliedClock batch_delays;

private:
    std::mutex mutex_;
    std::exception_ptr failure_;
};

} // namespace backfill::app
