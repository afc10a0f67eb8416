#include "support/instant_clock.hpp"

#include <algorithm>
#include <utility>

namespace backfill::test {

TimePoint InstantClock::now() const
{
    std::lock_guard lock{mutex_};
    return now_;
}

bool InstantClock::sleep_until(TimePoint wake, std::stop_token const& stop)
{
    if (stop.stop_requested()) {
        return false;
    }
    std::function<void(Duration)> on_nap;
    Duration nap{};
    {
        std::lock_guard lock{mutex_};
        nap = std::max(wake - now_, Duration::zero());
        naps_.push_back(nap);
        on_nap = on_nap_;
    }
    if (on_nap) {
        on_nap(nap);
    }
    if (stop.stop_requested()) {
        return false;
    }
    std::lock_guard lock{mutex_};
    now_ = std::max(now_, wake);
    return true;
}

std::vector<Clock::Duration> InstantClock::naps() const
{
    std::lock_guard lock{mutex_};
    return naps_;
}

Clock::Duration InstantClock::slept() const
{
    std::lock_guard lock{mutex_};
    return now_ - kStart;
}

void InstantClock::advance(Duration duration)
{
    std::lock_guard lock{mutex_};
    now_ += duration;
}

void InstantClock::on_nap(std::function<void(Duration)> what)
{
    std::lock_guard lock{mutex_};
    on_nap_ = std::move(what);
}

} // namespace backfill::test
