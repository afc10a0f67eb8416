#include "app/pipeline/open_conversations.hpp"

#include "support/run_desk.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

using namespace backfill;
using namespace backfill::app;
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

struct Desk : test::RunDesk {
    Desk() : RunDesk{&rejects} {}
    Rejects rejects;
    OpenConversations conversations{settings, report, facts};
};

/// `stored` of the rows, the last ones, were found by the look-up.
Fetched fetched(std::string const& conversation, std::size_t rows, std::size_t stored = 0)
{
    Fetched result{conversation, {}, {.fetched = rows}, {}};
    auto const id = result.texts.keep(conversation);
    for (std::size_t i = 0; i < rows; ++i) {
        result.rows.push_back(
            {result.texts.keep(conversation + "-" + std::to_string(1000 + i)), id, 0, "{}", i >= rows - stored});
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
    CHECK(desk.conversations.open(fetched("c", 0)).empty());
    CHECK(desk.lines == std::vector<std::string>{"[Backfill] ✓ Conversation c: 0 new, 0 skipped, 0 total"});
}

TEST_CASE("a conversation is reported with its last row, and each fate is counted")
{
    Desk desk;
    auto const rows = desk.conversations.open(fetched("c", 5, 1));
    REQUIRE(rows.size() == 5);
    desk.conversations.answer({rows.begin(), rows.end() - 2}, all(3, Fate::written));
    CHECK(desk.lines.empty());
    std::vector<Row> const last{rows.end() - 2, rows.end()};
    SECTION("refused and updated")
    {
        desk.conversations.answer(last, {{Fate::refused, "no", "23514"}, {Fate::written, {}, {}}});
        CHECK(desk.rejects.lines == std::vector<std::string>{"c c-1003 23514 no {}"});
        REQUIRE(desk.lines.size() == 2);
        CHECK(desk.lines[0] == "[Backfill] ✗ Failed to store message c-1003 of conversation c: no");
        CHECK(desk.lines[1] == "[Backfill] ✓ Conversation c: 3 new, 1 skipped, 1 failed, 5 total");
    }
    SECTION("stored by another run meanwhile")
    {
        desk.conversations.answer(last, all(2, Fate::already_stored));
        CHECK(desk.lines.back() == "[Backfill] ✓ Conversation c: 3 new, 2 skipped, 5 total");
    }
    SECTION("lost")
    {
        desk.conversations.answer(last, all(2, Fate::lost, "HTTP 503"));
        CHECK(desk.lines.back()
            == "[Backfill] ✗ Failed to process conversation c: HTTP 503 (2 messages not confirmed as stored)");
        CHECK(desk.rejects.lines == std::vector<std::string>{"c c-1003 lost HTTP 503 {}", "c c-1004 lost HTTP 503 {}"});
    }
}

TEST_CASE("after a lost row the conversation's later rows are not sent, others' are")
{
    Desk desk;
    auto waiting = desk.conversations.open(fetched("c", 3));
    desk.conversations.answer({waiting[0]}, all(1, Fate::lost, "HTTP 503"));
    waiting.erase(waiting.begin());
    waiting.push_back(desk.conversations.open(fetched("d", 1)).front());
    auto const sent = desk.conversations.sendable(waiting);
    REQUIRE(sent.size() == 1);
    CHECK(sent.front().id == "d-1000");
    CHECK(desk.lines.back()
        == "[Backfill] ✗ Failed to process conversation c: HTTP 503 (3 messages not confirmed as stored)");
}

TEST_CASE("whoever waits for none goes on when all is answered for and reported")
{
    Desk desk;
    auto const rows = desk.conversations.open(fetched("c", 3));
    std::jthread const writer{[&] { desk.conversations.answer(rows, all(3, Fate::written)); }};
    CHECK(desk.conversations.wait_until_none());
    CHECK(desk.lines == std::vector<std::string>{"[Backfill] ✓ Conversation c: 3 new, 0 skipped, 3 total"});
}

TEST_CASE("an id that the list holds twice waits until its rows before are answered for")
{
    Desk desk;
    auto const first = desk.conversations.open(fetched("a", 2));
    std::atomic<bool> opened{false};
    std::vector<Row> second;
    std::jthread fetcher{[&] {
        second = desk.conversations.open(fetched("a", 3));
        opened = true;
    }};
    for (int i = 0; i < 1000; ++i) {
        std::this_thread::yield();
    }
    CHECK_FALSE(opened);
    desk.conversations.answer(first, all(2, Fate::written));
    fetcher.join();
    REQUIRE(second.size() == 3);
    desk.conversations.answer(second, all(3, Fate::already_stored));
    CHECK(desk.lines
        == std::vector<std::string>{"[Backfill] ✓ Conversation a: 2 new, 0 skipped, 2 total",
            "[Backfill] ✓ Conversation a: 0 new, 3 skipped, 3 total"});
}

TEST_CASE("abandoned, nobody waits, and an id that is still open is dropped")
{
    Desk desk;
    desk.conversations.open(fetched("a", 2));
    std::jthread const waiter{[&] {
        if (desk.conversations.wait_until_none()) {
            std::abort();
        }
    }};
    std::jthread const fetcher{[&] {
        if (!desk.conversations.open(fetched("a", 1)).empty()) {
            std::abort();
        }
    }};
    desk.conversations.abandon();
    CHECK(desk.conversations.open(fetched("b", 1)).size() == 1);
    CHECK(desk.lines.empty());
}
