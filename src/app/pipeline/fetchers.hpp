#pragma once

#include "app/pipeline/run.hpp"

#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>

namespace backfill::app {

/// The fetchers' threads. A run begins with settings.concurrency of them; where more calls in flight are needed to keep
/// the pace, since answers take long, more start, up to settings.most_fetchers. Join them before the end.
class Fetchers {
public:
    explicit Fetchers(Run& run) : run_{run} {}

    void start();

    /// Waits until all have ended, those too that start meanwhile.
    void join();

private:
    void add();
    void grow();
    void work();

    Run& run_;
    std::mutex mutex_;
    std::deque<std::jthread> threads_;
};

} // namespace backfill::app
