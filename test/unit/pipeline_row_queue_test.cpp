#include "app/pipeline/row_queue.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

using namespace backfill;
using namespace backfill::app;
using namespace std::chrono_literals;

namespace {

std::vector<Row> some_rows(std::size_t count)
{
    static std::deque<std::string> ids; // each once
    std::vector<Row> made;
    for (std::size_t i = 0; i < count; ++i) {
        made.push_back({ids.emplace_back(std::to_string(ids.size())), "c", 0, "{}"});
    }
    return made;
}

} // namespace

TEST_CASE("a full chunk goes out without waiting, the rest when the queue is closed")
{
    RowQueue queue{1h};
    queue.push(some_rows(300));
    queue.push(some_rows(300));
    CHECK(queue.next_chunk()->size() == 500);
    queue.close();
    CHECK(queue.next_chunk()->size() == 100);
    CHECK_FALSE(queue.next_chunk());
}

TEST_CASE("a flush sends what waits; what comes later lingers again")
{
    RowQueue slow{1h};
    slow.push(some_rows(2));
    slow.flush();
    CHECK(slow.next_chunk()->size() == 2);
    RowQueue queue{50ms};
    auto const flushed_while_empty = GENERATE(false, true);
    if (!flushed_while_empty) {
        queue.push(some_rows(1));
    }
    queue.flush();
    if (!flushed_while_empty) {
        queue.next_chunk();
    }
    auto const began = std::chrono::steady_clock::now();
    queue.push(some_rows(2));
    CHECK(queue.next_chunk()->size() == 2);
    CHECK(std::chrono::steady_clock::now() - began >= 50ms);
}

TEST_CASE("a push waits while two chunks wait, and goes on when one is taken")
{
    RowQueue queue{1h};
    queue.push(some_rows(1000));
    std::atomic<bool> has_pushed{false};
    std::jthread const fetcher{[&] {
        queue.push(some_rows(1));
        has_pushed = true;
    }};
    for (int i = 0; i < 1000; ++i) {
        std::this_thread::yield();
    }
    CHECK_FALSE(has_pushed);
    CHECK(queue.next_chunk()->size() == 500);
    while (!has_pushed) {
        std::this_thread::yield();
    }
    queue.close();
    CHECK(queue.next_chunk()->size() == 500);
    CHECK(queue.next_chunk()->size() == 1);
}

TEST_CASE("an abandoned queue lets everybody go and drops what waits")
{
    RowQueue queue{1h};
    queue.push(some_rows(1000));
    std::jthread const fetcher{[&] { queue.push(some_rows(1)); }};
    queue.abandon();
    CHECK_FALSE(queue.next_chunk());
}
