#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace backfill {

/// A first-in first-out queue of at most `capacity` items between threads. Every blocked push and pop is released by
/// `close()` (what is in it can still be popped) or `abandon()` (what is in it is dropped). It takes no stop token on
/// purpose: who waits on one keeps serving items after the stop.
template <typename T>
class BoundedQueue {
public:
    explicit BoundedQueue(std::size_t capacity) : capacity_{capacity} {}

    /// Waits for room. Returns false, and drops the item, when the queue was closed or abandoned.
    bool push(T item) { return push(std::move(item), Then::stay_open); }

    /// The last item: closes the queue in the same step, so that its reader can know that nothing follows.
    bool push_last(T item) { return push(std::move(item), Then::close); }

    /// Waits for an item. Returns nothing when the queue is closed and empty, or abandoned.
    std::optional<T> pop()
    {
        std::unique_lock lock{mutex_};
        not_empty_.wait(lock, [this] { return closed_ || !items_.empty(); });
        return take(std::move(lock));
    }

    /// True when no item will ever come out again.
    bool drained() const
    {
        std::lock_guard lock{mutex_};
        return closed_ && items_.empty();
    }

    void close()
    {
        std::lock_guard lock{mutex_};
        closed_ = true;
        wake_all();
    }

    void abandon()
    {
        std::lock_guard lock{mutex_};
        closed_ = true;
        items_.clear();
        wake_all();
    }

private:
    enum class Then { stay_open, close };

    bool push(T&& item, Then then)
    {
        std::unique_lock lock{mutex_};
        not_full_.wait(lock, [this] { return closed_ || items_.size() < capacity_; });
        if (closed_) {
            return false;
        }
        items_.push_back(std::move(item));
        if (then == Then::close) {
            closed_ = true;
            wake_all();
        } else {
            lock.unlock(); // who wakes up shall not find it locked
            not_empty_.notify_one();
        }
        return true;
    }

    std::optional<T> take(std::unique_lock<std::mutex> lock)
    {
        if (items_.empty()) {
            return std::nullopt;
        }
        std::optional<T> item{std::move(items_.front())};
        items_.pop_front();
        bool const wakes = items_.size() == capacity_ / 2;
        lock.unlock();
        if (wakes) {
            not_full_.notify_all(); // not at each: writers fill it up again before they wait
        }
        return item;
    }

    void wake_all()
    {
        not_empty_.notify_all();
        not_full_.notify_all();
    }

    std::size_t const capacity_;
    mutable std::mutex mutex_;
    std::condition_variable not_empty_;
    std::condition_variable not_full_;
    std::deque<T> items_;
    bool closed_ = false;
};

} // namespace backfill
