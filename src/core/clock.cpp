#include "backfill/core/clock.hpp"

#include <condition_variable>
#include <mutex>

namespace backfill {

TimePoint SteadyClock::now() const
{
    return std::chrono::steady_clock::now();
}

bool SteadyClock::sleep_until(TimePoint wake, std::stop_token const& stop)
{
    if (wake <= now()) {
        return !stop.stop_requested(); // no system call for a delay of 0
    }
    std::mutex mutex;
    std::condition_variable_any nobody_notifies;
    std::unique_lock lock{mutex};
    nobody_notifies.wait_until(lock, stop, wake, [] { return false; });
    return !stop.stop_requested();
}

} // namespace backfill
