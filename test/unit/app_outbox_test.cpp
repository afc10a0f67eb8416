#include "app/pipeline/outbox.hpp"

#include "app/log/run_log.hpp"
#include "app/settings/settings.hpp"
#include "support/instant_clock.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

using namespace backfill;
using namespace backfill::app;
using namespace std::chrono_literals;
using supabase::RowResult;

namespace {

struct Rejects final : RejectsSink {
    void message_rejected(std::string_view conversation, FailedMessage const& message) override
    {
        lines.push_back(std::string{conversation} + " " + std::string{message.id} + " " + std::string{message.code}
            + " " + std::string{message.reason} + " " + std::string{message.row});
    }
    void conversation_tried(std::string_view /*conversation*/) override {}
    bool holds(std::string_view /*conversation*/) const override { return false; }
    std::vector<std::string> lines;
};

struct Desk {
    explicit Desk(std::chrono::milliseconds linger = 1h) : outbox{report, linger} {}

    std::vector<std::string> lines;
    Log log{[this](Event const& event) { lines.push_back(event.text); },
        [this](Event const& event) { lines.push_back(event.text); }, false};
    Settings settings;
    test::InstantClock clock;
    Rejects rejects;
    RunFacts facts{clock};
    RunLog report{settings, facts, log, &rejects};
    Outbox outbox;
};

/// `stored` of the rows, the last ones, were found by the look-up.
Fetched fetched(std::string const& conversation, std::size_t rows, std::size_t stored = 0)
{
    Fetched result{conversation, {}, rows - stored, {.fetched = rows}, {}, {}};
    auto const id = result.texts.keep(conversation);
    for (std::size_t i = 0; i < rows; ++i) {
        result.rows.push_back({result.texts.keep(conversation + "-" + std::to_string(1000 + i)), id, 0, "{}"});
    }
    return result;
}

std::vector<RowResult> all(std::size_t rows, RowResult::Fate fate, std::string const& reason = {})
{
    return {rows, RowResult{fate, reason, {}}};
}

using Fate = RowResult::Fate;

} // namespace

TEST_CASE("a conversation without rows is done at once")
{
    Desk desk;
    desk.outbox.put(fetched("c", 0));
    CHECK(desk.lines == std::vector<std::string>{"[Backfill] ✓ Conversation c: 0 new, 0 skipped, 0 total"});
}

TEST_CASE("a full chunk goes out without waiting, the rest when the outbox is closed")
{
    Desk desk;
    desk.outbox.put(fetched("a", 300));
    desk.outbox.put(fetched("b", 300));
    CHECK(desk.outbox.next_chunk()->size() == 500);
    desk.outbox.close();
    CHECK(desk.outbox.next_chunk()->size() == 100);
    CHECK_FALSE(desk.outbox.next_chunk());
}

TEST_CASE("a chunk that is not full goes out after the linger")
{
    Desk desk{0ms};
    desk.outbox.put(fetched("a", 2));
    CHECK(desk.outbox.next_chunk()->size() == 2);
}

TEST_CASE("a conversation is reported with its last row, and each fate is counted")
{
    Desk desk;
    desk.outbox.put(fetched("c", 502, 1));
    auto const first = desk.outbox.next_chunk();
    desk.outbox.answer(*first, all(500, Fate::written));
    CHECK(desk.lines.empty());
    desk.outbox.close();
    auto const second = desk.outbox.next_chunk();
    REQUIRE(second->size() == 2);
    SECTION("refused and updated")
    {
        desk.outbox.answer(*second, {{Fate::refused, "no", "23514"}, {Fate::written, {}, {}}});
        CHECK(desk.rejects.lines == std::vector<std::string>{"c c-1500 23514 no {}"});
        REQUIRE(desk.lines.size() == 2);
        CHECK(desk.lines[0] == "[Backfill] ✗ Failed to store message c-1500 of conversation c: no");
        CHECK(desk.lines[1] == "[Backfill] ✓ Conversation c: 500 new, 1 skipped, 1 failed, 502 total");
    }
    SECTION("stored by another run meanwhile")
    {
        desk.outbox.answer(*second, all(2, Fate::already_stored));
        CHECK(desk.lines.back() == "[Backfill] ✓ Conversation c: 500 new, 2 skipped, 502 total");
    }
    SECTION("lost")
    {
        desk.outbox.answer(*second, all(2, Fate::lost, "HTTP 503"));
        CHECK(desk.lines.back() == "[Backfill] ✗ Failed to process conversation c: HTTP 503 (2 messages not stored)");
        CHECK(desk.rejects.lines == std::vector<std::string>{"c c-1500 lost HTTP 503 {}", "c c-1501 lost HTTP 503 {}"});
    }
}

TEST_CASE("after a lost chunk the conversation's later rows are not sent, others' are")
{
    Desk desk;
    desk.outbox.put(fetched("c", 600));
    auto const first = desk.outbox.next_chunk();
    desk.outbox.answer(*first, all(500, Fate::lost, "HTTP 503"));
    desk.outbox.put(fetched("d", 1));
    desk.outbox.close();
    auto const second = desk.outbox.next_chunk();
    REQUIRE(second->size() == 1);
    CHECK(second->front().id == "d-1000");
    CHECK(desk.lines.back() == "[Backfill] ✗ Failed to process conversation c: HTTP 503 (600 messages not stored)");
}

TEST_CASE("flush waits until all is answered for and reported")
{
    Desk desk;
    desk.outbox.put(fetched("c", 3));
    std::jthread const writer{[&] {
        auto const rows = desk.outbox.next_chunk();
        desk.outbox.answer(*rows, all(rows->size(), Fate::written));
    }};
    CHECK(desk.outbox.flush());
    CHECK(desk.lines == std::vector<std::string>{"[Backfill] ✓ Conversation c: 3 new, 0 skipped, 3 total"});
}

TEST_CASE("who puts waits while two chunks wait, and goes on when one is taken")
{
    Desk desk;
    desk.outbox.put(fetched("a", 1000));
    std::atomic<bool> has_put{false};
    std::jthread const fetcher{[&] {
        desk.outbox.put(fetched("b", 1));
        has_put = true;
    }};
    CHECK_FALSE(has_put);
    CHECK(desk.outbox.next_chunk()->size() == 500);
    while (!has_put) {
        std::this_thread::yield();
    }
    desk.outbox.close();
    CHECK(desk.outbox.next_chunk()->size() == 500);
    CHECK(desk.outbox.next_chunk()->size() == 1);
}

TEST_CASE("a conversation that stands in the list twice waits until its rows before are answered for")
{
    Desk desk{0ms};
    desk.outbox.put(fetched("a", 2));
    auto const first = desk.outbox.next_chunk();
    REQUIRE(first);
    std::atomic<bool> has_put{false};
    std::jthread const fetcher{[&] {
        desk.outbox.put(fetched("a", 3));
        has_put = true;
        desk.outbox.close();
    }};
    for (int i = 0; i < 1000; ++i) {
        std::this_thread::yield();
    }
    CHECK_FALSE(has_put);
    desk.outbox.answer(*first, all(2, Fate::written));
    auto const second = desk.outbox.next_chunk();
    REQUIRE(second);
    CHECK(second->size() == 3);
    desk.outbox.answer(*second, all(3, Fate::already_stored));
    CHECK(desk.lines
        == std::vector<std::string>{"[Backfill] ✓ Conversation a: 2 new, 0 skipped, 2 total",
            "[Backfill] ✓ Conversation a: 0 new, 3 skipped, 3 total"});
}

TEST_CASE("an abandoned outbox lets everybody go and says nothing of what it drops")
{
    Desk desk;
    desk.outbox.put(fetched("a", 1000));
    std::jthread const fetcher{[&] { desk.outbox.put(fetched("b", 1)); }};
    std::jthread const flusher{[&] {
        if (desk.outbox.flush()) {
            std::abort();
        }
    }};
    desk.outbox.abandon();
    CHECK_FALSE(desk.outbox.next_chunk());
    CHECK(desk.lines.empty());
}
