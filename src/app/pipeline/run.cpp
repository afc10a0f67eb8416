#include "app/pipeline/stages.hpp"

#include "app/settings/cadence.hpp"
#include "backfill/core/shard.hpp"

#include <algorithm>
#include <utility>

namespace backfill::app {
namespace {

/// Batches that are looked up while one is fetched: early look-ups meet a table that is not yet filled, and a slow one
/// does not hold the fetchers up. Each keeps the ids that are stored of its conversations in memory.
constexpr std::size_t kBatchesAhead = 4;

} // namespace

void OpenJobs::add()
{
    std::lock_guard lock{mutex_};
    ++open_;
}

void OpenJobs::done()
{
    std::lock_guard lock{mutex_};
    if (--open_ == 0) {
        none_.notify_all();
    }
}

bool OpenJobs::wait_until_none(std::stop_token const& stop)
{
    std::unique_lock lock{mutex_};
    return none_.wait(lock, stop, [this] { return open_ == 0; });
}

Run::Run(Settings const& run_settings, Clock& run_clock, StopTokens const& stop_tokens, RunLog& the_log)
    : settings{run_settings},
      clock{run_clock},
      stop{stop_tokens},
      run_log{the_log},
      jobs{run_settings.concurrency + kBatchesAhead * run_settings.batch_size},
      jobs_wait{run_clock},
      writer_wait{run_clock},
      delays{run_clock},
      batch_delays{run_clock},
      end_wait_{run_clock}
{
    for (std::size_t i = 0; i < writer_count(run_settings); ++i) {
        outboxes.emplace_back(run_log, linger(run_settings));
    }
}

void Run::fetcher_left()
{
    std::lock_guard lock{mutex_};
    left_.emplace_back(end_wait_);
}

void Run::fetchers_ended()
{
    std::lock_guard lock{mutex_};
    left_.clear();
}

Outbox& Run::writer_of(ConversationId const& conversation)
{
    return outboxes[stable_hash(conversation) % outboxes.size()];
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

void Run::stop_itself()
{
    stop.request(); // which takes a moment
    halt();
}

void Run::rethrow_failure()
{
    std::lock_guard lock{mutex_};
    if (failure_) {
        std::rethrow_exception(failure_);
    }
}

bool Run::flush_writers()
{
    bool const flushed = std::all_of(outboxes.begin(), outboxes.end(), [](Outbox& outbox) { return outbox.flush(); });
    return flushed && !halted.stop_requested();
}

FetchingPace Run::pace(calls::Traffic const& freshchat) const
{
    // All fetchers wait for jobs while a batch delay lasts.
    auto const in_batch_delays = batch_delays.slept() * static_cast<Clock::Duration::rep>(settings.concurrency);
    auto const for_jobs = std::max(jobs_wait.total() - in_batch_delays, Clock::Duration::zero());
    return {freshchat,
        {freshchat.waited, freshchat.in_calls, for_jobs + writer_wait.total(), end_wait_.total(),
            delays.slept() + in_batch_delays}};
}

} // namespace backfill::app
