#include "app/pipeline/fetchers.hpp"

#include "app/pipeline/stages.hpp"

#include <algorithm>
#include <system_error>

namespace backfill::app {

void Fetchers::start()
{
    std::lock_guard lock{mutex_};
    while (threads_.size() < run_.settings.concurrency) {
        add();
    }
}

void Fetchers::join()
{
    for (std::size_t joined = 0;; ++joined) {
        std::jthread* next = nullptr; // stays in its place: threads are added at the end only
        {
            std::lock_guard lock{mutex_};
            if (joined == threads_.size()) {
                break; // only those that run could start more
            }
            next = &threads_[joined];
        }
        next->join();
    }
    for (std::size_t i = 0; i < threads_.size(); ++i) {
        run_.end_wait.end();
    }
}

void Fetchers::add()
{
    threads_.emplace_back([this] { work(); });
}

/// Adds what is lacking, before a job is taken. A thread that the system refuses is done without.
void Fetchers::grow()
{
    std::lock_guard lock{mutex_};
    auto const needed = std::min(run_.freshchat_gate.calls_needed(), run_.settings.most_fetchers);
    try {
        while (threads_.size() < needed && !run_.jobs.drained()) {
            add();
        }
    } catch (std::system_error const&) {
        return;
    }
}

void Fetchers::work()
{
    bool const may_grow = run_.settings.most_fetchers > run_.settings.concurrency;
    fetch_conversations(run_, [this, may_grow] {
        if (may_grow) {
            grow();
        }
    });
    run_.end_wait.begin(); // for the other fetchers
}

} // namespace backfill::app
