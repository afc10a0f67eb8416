#pragma once

#include "app/pipeline/outbox.hpp"
#include "app/pipeline/run_health.hpp"
#include "app/pipeline/wait_tally.hpp"

#include "app/log/run_log.hpp"
#include "app/settings/settings.hpp"
#include "backfill/core/bounded_queue.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/core/conversation.hpp"
#include "backfill/core/stop_tokens.hpp"
#include "backfill/freshchat/conversation_messages.hpp"
#include "backfill/supabase/message_table.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
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
};

/// Jobs handed out and not yet done with, for the barrier between batches.
class OpenJobs {
public:
    void add();
    void done();
    /// Returns false when a stop ended the wait.
    bool wait_until_none(std::stop_token const& stop);

private:
    std::mutex mutex_;
    std::condition_variable_any none_;
    std::size_t open_ = 0;
};

/// What the stages of one run share. The first error ends the run: it halts the fetchers and is rethrown after the
/// join.
struct Run {
    Run(Settings const& run_settings, Clock& run_clock, StopTokens const& stop_tokens, RunLog& the_log);

    void fail(std::exception_ptr what); ///< keeps the first, then halts
    void halt();
    void stop_itself(); ///< as at the end of MAX_DURATION
    void rethrow_failure();
    void fetcher_left();   ///< the list has ended for it: from now on it waits for the others
    void fetchers_ended(); ///< all of them
    /// A conversation's rows all go through one writer, so that they are stored in order.
    Outbox& writer_of(ConversationId const& conversation);
    /// Waits until all that the writers have is stored. Returns false when the run was halted.
    bool flush_writers();
    FetchingPace pace(calls::Traffic const& freshchat) const; ///< any thread

    Settings const& settings;
    Clock& clock;
    StopTokens const& stop;
    RunLog& run_log;
    RunHealth health;
    freshchat::LinkSeen link_seen{false};
    BoundedQueue<Job> jobs;
    std::deque<Outbox> outboxes; ///< one a writer
    OpenJobs open_jobs;
    std::stop_source halted;            ///< ends waits and Freshchat calls
    std::atomic<bool> cut_short{false}; ///< a stop came before something was fetched or stored

    /// What fetchers wait for.
    WaitTally jobs_wait; ///< while the list has not ended
    WaitTally writer_wait;
    TalliedClock delays; ///< for RATE_LIMIT_DELAY and PAGE_DELAY
    TalliedClock batch_delays;

private:
    std::mutex mutex_;
    std::exception_ptr failure_;
    WaitTally end_wait_;
    std::list<WaitTally::Wait> left_; ///< of the fetchers that have nothing left to fetch
};

/// A fetcher's thread: conversations in, new rows out, with its own delays.
void fetch_conversations(Run& run, calls::Client& client);

/// A writer's thread: collects rows into chunks, upserts them, and reports a conversation when its last row is
/// answered for. `hard_stop` ends an upsert in flight. No table = dry run.
void write_rows(Run& run, Outbox& outbox, supabase::MessageTable* table, std::stop_token const& hard_stop);

} // namespace backfill::app
