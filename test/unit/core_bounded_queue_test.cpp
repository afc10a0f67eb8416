#include "backfill/core/bounded_queue.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <memory>
#include <thread>

using backfill::BoundedQueue;

TEST_CASE("a queue hands out what was pushed, in order, and ends after close")
{
    BoundedQueue<int> queue{4};
    CHECK(queue.push(1));
    CHECK(queue.push(2));
    CHECK_FALSE(queue.drained());
    queue.close();
    CHECK_FALSE(queue.push(3));
    CHECK(queue.pop() == 1);
    CHECK(queue.pop() == 2);
    CHECK(queue.drained());
    CHECK_FALSE(queue.pop());
}

TEST_CASE("the last item closes the queue in the same step")
{
    BoundedQueue<int> queue{2};
    CHECK(queue.push_last(1));
    CHECK_FALSE(queue.drained());
    CHECK(queue.pop() == 1);
    CHECK(queue.drained());
}

TEST_CASE("abandon drops what is queued")
{
    BoundedQueue<std::shared_ptr<int>> queue{2};
    auto const item = std::make_shared<int>(1);
    CHECK(queue.push(item));
    queue.abandon();
    CHECK_FALSE(queue.pop());
    CHECK(item.use_count() == 1);
}

TEST_CASE("close and abandon release every blocked push and pop")
{
    auto const abandon = GENERATE(true, false);
    BoundedQueue<int> full{1};
    BoundedQueue<int> empty{1};
    REQUIRE(full.push(0));
    std::atomic<int> released{0};
    {
        std::jthread const pushing{[&] { released += full.push(1) ? 0 : 1; }};
        std::jthread const popping{[&] { released += empty.pop() ? 0 : 1; }};
        abandon ? full.abandon() : full.close();
        abandon ? empty.abandon() : empty.close();
    }
    CHECK(released == 2);
}

TEST_CASE("many producers and consumers lose and repeat nothing")
{
    constexpr int kEach = 2000;
    BoundedQueue<int> queue{3};
    std::atomic<long long> sum{0};
    std::atomic<int> count{0};
    {
        std::vector<std::jthread> consumers;
        for (int i = 0; i < 3; ++i) {
            consumers.emplace_back([&] {
                while (auto const item = queue.pop()) {
                    sum += *item;
                    ++count;
                }
            });
        }
        {
            std::vector<std::jthread> producers;
            for (int i = 0; i < 3; ++i) {
                producers.emplace_back([&] {
                    for (int n = 1; n <= kEach; ++n) {
                        queue.push(n);
                    }
                });
            }
        }
        queue.close();
    }
    CHECK(count == 3 * kEach);
    CHECK(sum == 3LL * kEach * (kEach + 1) / 2);
}

TEST_CASE("who waits for room is woken when half of the queue is empty")
{
    BoundedQueue<int> queue{4};
    for (int i = 0; i < 4; ++i) {
        REQUIRE(queue.push(i));
    }
    std::jthread const producer{[&] { queue.push_last(4); }};
    for (int i = 0; i < 5; ++i) {
        CHECK(queue.pop() == i);
    }
    CHECK_FALSE(queue.pop());
}
