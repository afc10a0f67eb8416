#include "app/pipeline/run.hpp"

#include "backfill/core/shard.hpp"
#include "backfill/core/timestamp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace backfill::app {
namespace {

/// Batches looked up while one is fetched: early look-ups meet a table that is not yet filled, and a slow one does not
/// hold the fetchers up. Each keeps the stored ids of its conversations in memory.
constexpr std::size_t kBatchesAhead = 4;

calls::QuotaOptions quota(Settings const& settings, LastRun const& last_run)
{
    auto options = settings.quota;
    options.remembered_per_minute = last_run.ceiling_per_minute;
    return options;
}

} // namespace

Run::Run(Settings const& the_settings, LastRun const& the_last_run, Connections const& the_connections,
    Clock& the_clock, StopTokens const& the_stop, RunFacts& the_facts, RunLog& the_log)
    : settings{the_settings},
      last_run{the_last_run},
      connections{the_connections},
      clock{the_clock},
      stop{the_stop},
      facts{the_facts},
      run_log{the_log},
      freshchat_gate(
          settings.pace == Pace::adaptive ? calls::RateGate{clock, quota(settings, last_run)} : calls::RateGate{clock}),
      jobs{settings.concurrency + kBatchesAhead * settings.batch_size}
{
    for (std::size_t i = 0; i < writer_count(settings); ++i) {
        row_queues.emplace_back(linger(settings));
    }
    trial.writers_left = row_queues.size();
}

supabase::Selection Run::selection() const
{
    auto selection = settings.selection;
    selection.after = last_run.after;
    selection.updated_since = last_run.updated_since;
    selection.next_updated_since = last_run.next_updated_since;
    selection.again = selection.only ? std::vector<ConversationId>{} : last_run.owed;
    return selection;
}

void Run::fail(std::exception_ptr what)
{
    {
        std::lock_guard lock{mutex_};
        failure_ = failure_ ? failure_ : std::move(what);
    }
    halt();
}

void Run::halt()
{
    halted.request_stop();
    jobs.abandon();
}

void Run::quota_away(QuotaAwayError const& error)
{
    if (quota_is_away.exchange(true)) {
        return; // another fetcher has told
    }
    auto const now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    auto const most = std::chrono::duration_cast<std::chrono::seconds>(settings.quota.max_wait);
    run_log.quota_used_up(
        fmt::format("{} (MAX_WAIT={}s)", error.what(), most.count()), "after " + timestamp_text(now + error.wait()));
    stop_itself();
}

void Run::stop_itself()
{
    stop.request(); // which takes a moment
    halt();
}

bool Run::has_failed()
{
    std::lock_guard lock{mutex_};
    return failure_ != nullptr;
}

void Run::rethrow_failure()
{
    std::lock_guard lock{mutex_};
    if (failure_) {
        std::rethrow_exception(failure_);
    }
}

RowQueue& Run::queue_of(ConversationId const& conversation)
{
    return row_queues[stable_hash(conversation) % row_queues.size()];
}

FetchingPace Run::pace() const
{
    auto const freshchat = freshchat_gate.traffic();
    // All fetchers wait for jobs while a batch delay lasts.
    auto const in_batch_delays = batch_delays.slept() * static_cast<Clock::Duration::rep>(settings.concurrency);
    auto const for_jobs = std::max(jobs_wait.total() - in_batch_delays, Clock::Duration::zero());
    return {freshchat,
        {freshchat.waited, freshchat.in_calls, for_jobs + writer_wait.total(), end_wait.total(),
            delays.slept() + in_batch_delays, freshchat.warmup}};
}

} // namespace backfill::app
