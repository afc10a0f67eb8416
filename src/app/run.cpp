#include "app/stages.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace backfill::app {
namespace {

constexpr std::size_t kJobsAhead = 8; // enough for the next batch's look-up to overlap with fetching

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

Run::Run(Settings const& run_settings, Clock& run_clock, Log const& run_log, Report& run_report)
    : settings{run_settings},
      clock{run_clock},
      log{run_log},
      report{run_report},
      jobs{run_settings.concurrency + kJobsAhead},
      writing{run_settings.concurrency}
{
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

LimitedBy Run::limited_by(http::Traffic const& freshchat) const
{
    // In the order of LimitedBy.
    std::array const waits{freshchat.waited.count(), freshchat.in_calls.count(), waited_for_jobs + waited_for_writer,
        waited_for_the_end.load()};
    return static_cast<LimitedBy>(std::max_element(waits.begin(), waits.end()) - waits.begin());
}

} // namespace backfill::app
