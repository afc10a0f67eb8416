#include "app/stages.hpp"

#include "backfill/core/shard.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace backfill::app {
namespace {

constexpr std::size_t kJobsAhead = 8; // enough for the next batch's look-up to overlap with fetching

/// 6 738 rows took one writer 0.59 s, two 0.33 s, four 0.26 s (local stack, two cores). The second only halves the size
/// of requests where rows trickle.
std::size_t writer_count(Settings const& settings)
{
    return !is_held_back(settings) && settings.concurrency > 1 ? 2 : 1;
}

} // namespace

bool is_held_back(Settings const& settings)
{
    auto const delays = settings.rate_limit_delay + settings.batch_delay + settings.page_delay;
    return settings.pace == Pace::adaptive || delays.count() > 0;
}

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

Run::Run(Settings const& run_settings, Clock& run_clock, Log const& run_log, Report& run_report)
    : settings{run_settings},
      clock{run_clock},
      log{run_log},
      report{run_report},
      jobs{run_settings.concurrency + kJobsAhead}
{
    for (std::size_t i = 0; i < writer_count(run_settings); ++i) {
        writing.emplace_back(run_settings.concurrency);
    }
}

BoundedQueue<WriterItem>& Run::writer_of(ConversationId const& conversation)
{
    return writing[stable_hash(conversation) % writing.size()];
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

void Run::rethrow_failure()
{
    std::lock_guard lock{mutex_};
    if (failure_) {
        std::rethrow_exception(failure_);
    }
}

bool Run::flush_writers()
{
    for (auto& items : writing) {
        auto const flushed = std::make_shared<std::promise<void>>();
        auto const done = flushed->get_future();
        if (!items.push({std::nullopt, flushed})) {
            return false;
        }
        done.wait();
    }
    return !halted.stop_requested();
}

LimitedBy Run::limited_by(http::Traffic const& freshchat) const
{
    // In the order of LimitedBy.
    std::array const waits{freshchat.waited.count(), freshchat.in_calls.count(), waited_for_jobs + waited_for_writer,
        waited_for_the_end.load()};
    return static_cast<LimitedBy>(std::max_element(waits.begin(), waits.end()) - waits.begin());
}

} // namespace backfill::app
