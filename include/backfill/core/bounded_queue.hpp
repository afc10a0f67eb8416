#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace backfill {

/// A first-in first-out queue of at most `capacity` items between threads. `close()` and `abandon()` release every
/// blocked push and pop; items left can still be popped after close(), abandon() drops them. Takes no stop token on
/// purpose: consumers go on serving items after a stop.
template <typename T>
class BoundedQueue {
public:
    explicit BoundedQueue(std::size_t capacity) : capacity_{capacity} {}

    /// Waits for room. Returns false, and drops the item, when the queue was closed or abandoned.
    bool push(T item) { return push(std::move(item), Then::stay_open); }

    /// Pushes the last item and closes the queue in one step, so that its reader sees that nothing follows.
    bool push_last(T item) { return push(std::move(item), Then::close); }

    /// Waits for an item. Returns nothing when the queue is closed and empty, or abandoned.
    std::optional<T> pop()
    {
        std::unique_lock lock{mutex_};
        not_empty_.wait(lock, [this] { return closed_ || !items_.empty(); });
        if (items_.empty()) {
            return std::nullopt;
        }
        std::optional<T> item{std::move(items_.front())};
        items_.pop_front();
        bool const wakes = items_.size() == capacity_ / 2;
        lock.unlock();
        if (wakes) {
            not_full_.notify_all(); // not at each pop: woken pushers fill half the queue before they wait again
        }
        return item;
    }

    /// Closed and empty: no item will ever come out again.
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
            lock.unlock(); // so that the woken thread does not block on it
            not_empty_.notify_one();
        }
        return true;
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
