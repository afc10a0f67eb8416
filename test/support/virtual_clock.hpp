#pragma once

#include "backfill/core/clock.hpp"

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

namespace backfill::test {

/// Minutes of many threads in a moment: one thread runs at a time, and when it sleeps, time jumps to the earliest
/// wake-up of all and that thread goes on. The order is the same in every run. Threads must wait for each other by
/// nothing but this clock. Stop tokens end no sleep.
class VirtualClock final : public Clock {
public:
    TimePoint now() const override;
    bool sleep_until(TimePoint wake, std::stop_token const& stop) override;

    /// Runs each body in a thread of its own, and returns when all have ended.
    void run(std::vector<std::function<void()>> const& bodies);

private:
    struct Sleeper {
        TimePoint wake;
        std::size_t call; ///< decides between equal times
        std::condition_variable* woken;
        bool operator<(Sleeper const& other) const { return std::pair{wake, call} < std::pair{other.wake, other.call}; }
    };
    enum class Then { run_next, stay };

    void lie_down(std::unique_lock<std::mutex>& lock, TimePoint wake, Then then);
    void hand_over();

    mutable std::mutex mutex_;
    TimePoint now_{std::chrono::hours{24}};
    std::set<Sleeper> sleepers_;
    std::size_t calls_ = 0;
    std::size_t turn_ = 0; ///< the call whose thread runs
};

} // namespace backfill::test
