#include "support/virtual_clock.hpp"

#include <algorithm>
#include <thread>

namespace backfill::test {

TimePoint VirtualClock::now() const
{
    std::lock_guard lock{mutex_};
    return now_;
}

bool VirtualClock::sleep_until(TimePoint wake, std::stop_token const& stop)
{
    std::unique_lock lock{mutex_};
    lie_down(lock, wake, Then::run_next);
    return !stop.stop_requested();
}

void VirtualClock::lie_down(std::unique_lock<std::mutex>& lock, TimePoint wake, Then then)
{
    std::condition_variable woken;
    auto const call = ++calls_;
    sleepers_.insert({std::max(wake, now_), call, &woken});
    if (then == Then::run_next) {
        hand_over();
    }
    woken.wait(lock, [&] { return turn_ == call; });
}

void VirtualClock::hand_over()
{
    if (sleepers_.empty()) {
        return;
    }
    auto const next = *sleepers_.begin();
    sleepers_.erase(sleepers_.begin());
    now_ = next.wake;
    turn_ = next.call;
    next.woken->notify_one();
}

void VirtualClock::run(std::vector<std::function<void()>> const& bodies)
{
    std::vector<std::jthread> threads;
    for (auto const& body : bodies) {
        threads.emplace_back([&] {
            {
                std::unique_lock lock{mutex_};
                bool const all_are_there = sleepers_.size() + 1 == bodies.size();
                lie_down(lock, now_, all_are_there ? Then::run_next : Then::stay);
            }
            body();
            std::lock_guard lock{mutex_};
            hand_over();
        });
    }
}

} // namespace backfill::test
