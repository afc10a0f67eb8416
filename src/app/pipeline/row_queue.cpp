#include "app/pipeline/row_queue.hpp"

#include "backfill/rows/chunks.hpp"

namespace backfill::app {

using std::chrono::steady_clock; // real time: no result depends on how long rows wait for company

void RowQueue::push(std::vector<Row> const& rows)
{
    if (rows.empty()) {
        return;
    }
    std::unique_lock lock{mutex_};
    room_.wait(lock, [this] { return closed_ || !holds(2); });
    if (closed_) {
        return;
    }
    bool const first = waiting_.empty();
    bool const held_one = holds(1);
    if (first) {
        oldest_ = steady_clock::now();
    }
    for (auto const& row : rows) {
        waiting_bytes_ += row.json.size() + 1;
        waiting_.push_back(row);
    }
    bool const wakes = first || (!held_one && holds(1));
    lock.unlock();
    if (wakes) {
        due_.notify_one();
    }
}

std::optional<std::vector<Row>> RowQueue::next_chunk()
{
    std::unique_lock lock{mutex_};
    while (!is_due()) {
        if (!waiting_.empty()) {
            due_.wait_until(lock, oldest_ + linger_);
        } else if (closed_) {
            return std::nullopt;
        } else {
            due_.wait(lock);
        }
    }
    auto chunk = rows::take_chunk(waiting_, limits_);
    flushed_ = flushed_ && !waiting_.empty();
    oldest_ = steady_clock::now();
    for (auto const& row : chunk) {
        waiting_bytes_ -= row.json.size() + 1;
    }
    if (!holds(2)) {
        room_.notify_all();
    }
    return chunk;
}

void RowQueue::flush()
{
    std::lock_guard lock{mutex_};
    flushed_ = !waiting_.empty();
    due_.notify_one();
}

void RowQueue::close()
{
    std::lock_guard lock{mutex_};
    closed_ = true;
    due_.notify_one();
}

void RowQueue::abandon()
{
    std::lock_guard lock{mutex_};
    closed_ = true;
    waiting_.clear();
    due_.notify_all();
    room_.notify_all();
}

bool RowQueue::holds(std::size_t chunks) const
{
    return waiting_.size() >= chunks * limits_.rows || waiting_bytes_ >= chunks * limits_.bytes;
}

bool RowQueue::is_due() const
{
    return !waiting_.empty() && (flushed_ || closed_ || holds(1) || steady_clock::now() >= oldest_ + linger_);
}

} // namespace backfill::app
