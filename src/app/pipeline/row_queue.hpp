#pragma once

#include "backfill/core/conversation.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

namespace backfill::app {

/// The rows that wait for one writer. Fetchers push, the writer takes chunks; it is woken for a chunk, not for each
/// conversation. Any thread.
class RowQueue {
public:
    /// A chunk that is not full goes out `linger` after its first row came.
    explicit RowQueue(std::chrono::milliseconds linger) : linger_{linger} {}

    /// Adds the rows of a conversation; waits while two chunks wait. Once closed or abandoned, drops them.
    void push(std::vector<Row> const& rows);

    /// Waits for the next chunk: full, lingered, flushed or closed. Each id is in it once. Nothing when closed and
    /// empty, or abandoned.
    std::optional<std::vector<Row>> next_chunk();

    void flush();   ///< what waits now goes out at once
    void close();   ///< nothing more is pushed
    void abandon(); ///< nothing more is written: drops what waits

private:
    bool holds(std::size_t chunks) const;
    bool is_due() const;

    std::chrono::milliseconds const linger_;
    ChunkLimits const limits_;

    std::mutex mutex_;
    std::condition_variable due_;  ///< for the writer
    std::condition_variable room_; ///< for fetchers
    std::deque<Row> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::chrono::steady_clock::time_point oldest_; ///< when the next chunk's first row came
    bool flushed_ = false;                         ///< until nothing waits
    bool closed_ = false;
};

} // namespace backfill::app
