// Runs that cannot store or look up everything.

#include "support/pipeline_bench.hpp"

#include <catch2/catch.hpp>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kTriesOfUpsert = 6;

} // namespace

TEST_CASE("a failed upsert fails its conversations, and three in a row end the run")
{
    PipelineBench bench;
    bench.settings.batch_size = 1;
    bench.settings.batch_delay = 1ms; // a flush after each conversation
    bench.add_conversations(5, 2);
    bench.upsert_answer = [](std::size_t) { return reply(503); };
    CHECK(bench.run() == Ending::fatal);
    CHECK(bench.stored_count() == 0);
    CHECK(bench.printed("  conversationsFailed: 3,"));
    CHECK(bench.printed("  totalMessagesFailed: 6,"));
    CHECK(bench.printed("[Backfill] Stopped: 2 conversations not reached"));
}

TEST_CASE("look-ups that fail for good, parted by others, do not end the run; their conversations fail")
{
    PipelineBench bench;
    bench.settings.batch_size = 1;
    bench.add_conversations(7, 1);
    bench.store("another", "m"); // nothing is looked up in an empty table
    int look_ups = 0;
    bench.look_up_answer = [&]() -> std::optional<http::Reply> {
        return ++look_ups % 2 == 1 ? std::optional{reply(500, R"({"code":"XX000"})")} : std::nullopt;
    };
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.summary().at("conversationsFailed") == 4);
    CHECK(bench.stored_count() == 1 + 3);
}

TEST_CASE("three look-ups in a row that fail for good end the run")
{
    PipelineBench bench;
    bench.settings.batch_size = 1;
    bench.add_conversations(7, 1);
    bench.store("another", "m");
    bench.look_up_answer = [] { return reply(500, R"({"code":"XX000"})"); };
    CHECK(bench.run() == Ending::fatal);
    CHECK(bench.count_notes("Three look-ups of stored messages in a row failed for good") == 1);
}

TEST_CASE("after a fatal upsert no further rows are sent")
{
    PipelineBench bench;
    bench.add_conversations(3, 500); // a chunk each
    auto const patience = std::chrono::steady_clock::now() + 10s;
    bench.upsert_answer = [&](std::size_t /*number*/) {
        while (bench.freshchat_calls() < 30 && std::chrono::steady_clock::now() < patience) {
            std::this_thread::yield();
        }
        std::this_thread::sleep_for(10ms); // the last rows are queued
        return reply(401, "{}");
    };
    CHECK(bench.run() == Ending::fatal);
    CHECK(bench.posts_with_rows() == 1);
    CHECK(bench.summary().at("totalMessagesFailed") == 1500);
}

TEST_CASE("after a lost chunk later ones of the same conversation are not sent, so that what is stored has no holes")
{
    PipelineBench bench;
    bench.add_conversations(1, 1200);
    bench.upsert_answer = [](std::size_t number) -> std::optional<http::Reply> {
        return number >= 1 && number <= kTriesOfUpsert ? std::optional{reply(503)} : std::nullopt;
    };
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.posts_with_rows() == 1 + kTriesOfUpsert);
    CHECK(bench.stored_count() == 500);
    CHECK(bench.printed("  totalMessagesInserted: 500,"));
    CHECK(bench.printed("  totalMessagesFailed: 700,"));
    CHECK(bench.printed("  conversationsFailed: 1,"));
    CHECK(bench.newest_stored_before_oldest_missing());
}

TEST_CASE("of a divided chunk, too, the oldest rows are stored first")
{
    PipelineBench bench;
    bench.add_conversations(1, 60);
    bench.upsert_answer = [](std::size_t number) -> std::optional<http::Reply> {
        return number == 0                               ? std::optional{reply(500, R"({"code":"57014"})")}
            : number >= 2 && number < 2 + kTriesOfUpsert ? std::optional{reply(503)}
                                                         : std::nullopt;
    };
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.stored_count() == 30);
    CHECK(bench.newest_stored_before_oldest_missing());
}

TEST_CASE("whatever fails, the numbers add up and equal the table")
{
    auto const seed = GENERATE(range(0U, 40U));
    PipelineBench bench;
    bench.settings.concurrency = 1 + seed % 5;
    bench.settings.batch_size = 1 + seed % 7;
    bench.settings.batch_delay = std::chrono::milliseconds{seed % 2};
    bench.add_conversations(30, 4);
    bench.break_at_random(seed);
    bench.run();
    auto const summary = bench.summary();
    CAPTURE(seed, bench.out, bench.notes);
    CHECK(summary.at("totalConversations") == 30);
    CHECK(summary.at("totalConversations")
        == summary.at("conversationsProcessed") + summary.at("conversationsFailed") + bench.not_reached());
    CHECK(summary.at("totalMessagesInserted") == static_cast<long>(bench.stored_count()));
    CHECK(bench.count_lines("✓ Conversation") == summary.at("conversationsProcessed"));
    CHECK(bench.count_notes("✗ Failed to process conversation") == summary.at("conversationsFailed"));
}
