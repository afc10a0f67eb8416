#pragma once

#include "backfill/core/conversation.hpp"
#include "backfill/supabase/message_table.hpp"

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <stop_token>

namespace backfill::app {

struct Batch {
    std::size_t number = 0;
    std::size_t size = 0;
    supabase::StoredIds stored;
};

/// One conversation on its way to a fetcher.
struct Job {
    ConversationId conversation;
    std::shared_ptr<Batch const> batch;
    bool first_of_batch;
};

/// Counts the jobs handed out and not yet done with, for the barrier between batches. Any thread.
class OpenJobs {
public:
    void add()
    {
        std::lock_guard lock{mutex_};
        ++open_;
    }

    void done()
    {
        std::lock_guard lock{mutex_};
        if (--open_ == 0) {
            none_.notify_all();
        }
    }

    /// Returns false when a stop ended the wait.
    bool wait_until_none(std::stop_token const& stop)
    {
        std::unique_lock lock{mutex_};
        return none_.wait(lock, stop, [this] { return open_ == 0; });
    }

private:
    std::mutex mutex_;
    std::condition_variable_any none_;
    std::size_t open_ = 0;
};

} // namespace backfill::app
