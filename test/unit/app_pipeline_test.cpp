#include "support/instant_clock.hpp"
#include "support/pipeline_bench.hpp"

#include <catch2/catch.hpp>

#include <condition_variable>
#include <mutex>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;
using namespace std::chrono_literals;

TEST_CASE("the three delays stand where they are documented, and nowhere else")
{
    PipelineBench bench;
    bench.settings.batch_size = 2;
    bench.settings.rate_limit_delay = 1000ms;
    bench.settings.batch_delay = 5000ms;
    bench.settings.page_delay = 500ms;
    bench.add_conversations(5, 3);
    bench.conversation_pages("c1", 2); // one page delay inside the first conversation
    CHECK(bench.run() == Ending::complete);
    std::vector<Clock::Duration> const expected{
        500ms, 1s, 1s, 5s, 1s, 1s, 5s}; // none after the run's last conversation
    CHECK(bench.clock.naps() == expected);
    auto const waits = bench.facts->snapshot().waits;
    CHECK(waits.delays == 14500ms);
    CHECK(waits.supabase == 0s); // though the fetcher had no job while the batch delays lasted
    CHECK(largest(waits) == LimitedBy::delays);
}

TEST_CASE("a failed conversation is followed by the same delay")
{
    PipelineBench bench;
    bench.settings.rate_limit_delay = 1000ms;
    bench.add_conversations(3, 1);
    bench.freshchat_answer("c2", reply(404));
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.clock.naps() == std::vector<Clock::Duration>{1s, 1s});
    CHECK(bench.exit_code() == 3);
}

TEST_CASE("without a batch delay there is no barrier and no waiting line")
{
    PipelineBench bench;
    bench.settings.batch_size = 1;
    bench.add_conversations(3, 1);
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.clock.slept() == 0s);
    for (auto const& line : bench.out) {
        CHECK(line.find("Waiting") == std::string::npos);
    }
}

TEST_CASE("four batches are looked up while one is fetched")
{
    PipelineBench bench;
    bench.settings.batch_size = 1;
    bench.add_conversations(9, 1);
    std::mutex mutex;
    std::condition_variable looked_up;
    int look_ups = 0;
    bool were_ahead = true;
    bench.on_request = [&](http::Request const& request) {
        std::unique_lock lock{mutex};
        if (request.target.starts_with("/Message?select=id,conversationid&")) {
            ++look_ups;
            looked_up.notify_all();
        } else if (request.target.find("/c1/messages") != std::string::npos) {
            were_ahead = looked_up.wait_for(lock, 10s, [&] { return look_ups >= 5; });
        }
    };
    CHECK(bench.run() == Ending::complete);
    CHECK(were_ahead);
}

TEST_CASE("what a small run prints, line by line")
{
    PipelineBench bench;
    bench.settings.batch_size = 2;
    bench.settings.batch_delay = 7ms;
    bench.add_conversations(3, 2);
    bench.store("c1", "c1-m0");
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.out
        == std::vector<std::string>{
            "=== Backfill Messages - Start ===", "Configuration: BATCH_SIZE=2, RATE_LIMIT_DELAY=0ms, BATCH_DELAY=7ms",
            "[Backfill] Fetching all conversations from database...", "[Backfill] Found 3 conversations to process", "",
            "[Backfill] === Batch 1/2 (2 conversations) ===", "[Backfill] ✓ Conversation c1: 1 new, 1 skipped, 2 total",
            "[Backfill] ✓ Conversation c2: 2 new, 0 skipped, 2 total", "[Backfill] Waiting 7ms before next batch...",
            "",
            "[Backfill] === Batch 2/2 (1 conversations) ===", "[Backfill] ✓ Conversation c3: 2 new, 0 skipped, 2 total",
            "", "=== Backfill Messages - Complete ===", "Summary: {", "  totalConversations: 3,",
            "  conversationsProcessed: 3,", "  conversationsFailed: 0,", "  totalMessagesInserted: 5,",
            "  totalMessagesFailed: 0,", "  durationSeconds: '0.01'", "}"});
    CHECK(bench.notes.empty());
    CHECK(bench.stored_count() == 6);
}

TEST_CASE("a dry run sends nothing but GET and says what would happen")
{
    PipelineBench bench;
    bench.settings.command = Command::dry_run;
    bench.add_conversations(2, 2);
    bench.store("c2", "c2-m1");
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.posts() == 0);
    CHECK(bench.stored_count() == 1);
    CHECK(bench.printed("[Dry run] ✓ Conversation c2: 1 would be inserted, 1 skipped, 2 total"));
    CHECK(bench.printed("  totalMessagesToInsert: 3,"));
}

TEST_CASE("with update stored rows are sent too and counted as updated")
{
    PipelineBench bench;
    bench.settings.messages.on_conflict = supabase::OnConflict::update;
    bench.add_conversations(1, 3);
    bench.store("c1", "c1-m0");
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.printed("[Backfill] ✓ Conversation c1: 2 new, 1 updated, 3 total"));
    CHECK(bench.printed("  totalMessagesUpdated: 1,"));
}

TEST_CASE("a message id that two conversations share is stored once and counted once")
{
    PipelineBench bench;
    bench.add_conversations(2, 1);
    bench.freshchat_answer("c1", messages_page({"same"}));
    bench.freshchat_answer("c2", messages_page({"same"}));
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.stored_count() == 1);
    CHECK(bench.printed("  totalMessagesInserted: 1,"));
}

TEST_CASE("a stop during a delay ends the run: what was fetched is stored and every conversation is accounted for")
{
    PipelineBench bench;
    bench.settings.rate_limit_delay = 1000ms;
    bench.add_conversations(5, 2);
    int naps = 0;
    bench.clock.on_nap([&](auto) {
        if (++naps == 2) {
            bench.stop.request_stop();
        }
    });
    CHECK(bench.run() == Ending::stopped);
    CHECK(bench.stored_count() == 4);
    CHECK(bench.printed("[Backfill] Stopped: 3 conversations not reached"));
    CHECK(bench.printed("  totalMessagesInserted: 4,"));
}

TEST_CASE("a conversation whose rows the stop itself kept from being stored is not passed: the next run meets it again")
{
    PipelineBench bench;
    bench.settings.batch_size = 1;
    bench.settings.batch_delay = 1ms; // each conversation is stored before the next one is fetched
    bench.add_conversations(3, 2);
    bench.upsert_answer = [&](std::size_t number) -> std::optional<http::Reply> {
        if (number == 0) {
            return std::nullopt;
        }
        bench.stop.request_stop();
        bench.hard_stop.request_stop();
        return reply(503); // would be tried again
    };
    CHECK(bench.run() == Ending::stopped);
    CHECK(bench.noted("[Backfill] ✗ Failed to process conversation c2: the run was stopped before Supabase answered (2 "
                      "messages not stored)"));
    auto const& frontier = bench.facts->frontier();
    REQUIRE(frontier.reached());
    CHECK(frontier.reached()->id == "c1");
    CHECK(frontier.failed() == 0);
}

TEST_CASE("a conversation whose rows Supabase did not take is passed, also when the run is stopped later")
{
    PipelineBench bench;
    bench.settings.batch_size = 1;
    bench.settings.batch_delay = 1ms;
    bench.add_conversations(3, 2);
    bench.upsert_answer = [&](std::size_t number) -> std::optional<http::Reply> {
        if (number == 1) {
            return reply(500, R"({"code":"XX000"})");
        }
        if (number == 2) {
            bench.stop.request_stop();
        }
        return std::nullopt;
    };
    bench.run();
    auto const& frontier = bench.facts->frontier();
    CHECK(frontier.reached()->id == "c3");
    CHECK(frontier.failed() == 1);
}

TEST_CASE("ten throttled conversations in a row stop the run and keep its place")
{
    PipelineBench bench;
    bench.settings.concurrency = 4;
    bench.add_conversations(30, 2);
    for (int i = 3; i <= 30; ++i) {
        bench.freshchat_answer("c" + std::to_string(i), reply(429));
    }
    CHECK(bench.run() == Ending::stopped);
    CHECK(bench.stop.stop_requested());
    CHECK(bench.noted(
        "[Backfill] Warning: Freshchat's quota is used up: ten conversations in a row were throttled, the last one: "
        "HTTP 429 (gave up after 4 tries). The run stops; run it again later."));
    auto const run = bench.facts->snapshot();
    CHECK(run.quota_used_up);
    CHECK(run.conversations.processed == 2);
    CHECK(run.conversations.failed >= 10);
    CHECK(run.conversations.failed <= 13); // those that ended at the same time
    CHECK(run.conversation_failures.at("throttled") == run.conversations.failed);
    CHECK(bench.not_reached() == 28 - static_cast<long>(run.conversations.failed));
    CHECK(bench.printed("  totalMessagesInserted: 4,"));
    REQUIRE(bench.facts->frontier().reached());
}

TEST_CASE("a stop before the first batch prints no summary")
{
    PipelineBench bench;
    bench.add_conversations(1, 1);
    bench.stop.request_stop();
    CHECK(bench.run() == Ending::stopped);
    CHECK_FALSE(bench.printed("Summary: {"));
}

TEST_CASE("a token refused in the middle ends the run, and what was fetched before is stored")
{
    PipelineBench bench;
    bench.add_conversations(4, 1);
    bench.freshchat_answer("c3", reply(401));
    CHECK(bench.run() == Ending::fatal);
    CHECK(bench.stored_count() == 2);
    CHECK(bench.printed("[Backfill] Stopped: 2 conversations not reached"));
    REQUIRE(bench.notes.size() == 1);
    CHECK(bench.notes[0].starts_with("[Backfill] Fatal: Freshchat refused the token: HTTP 401"));
}

TEST_CASE("a failed upsert fails its conversations, and three in a row end the run")
{
    PipelineBench bench;
    bench.settings.batch_size = 1;
    bench.settings.batch_delay = 1ms; // a flush after each conversation
    bench.add_conversations(5, 2);
    bench.upsert_answer = [](std::size_t) { return reply(500, R"({"code":"XX000","message":"internal"})"); };
    CHECK(bench.run() == Ending::fatal);
    CHECK(bench.stored_count() == 0);
    CHECK(bench.printed("  conversationsFailed: 3,"));
    CHECK(bench.printed("  totalMessagesFailed: 6,"));
    CHECK(bench.printed("[Backfill] Stopped: 2 conversations not reached"));
}

TEST_CASE("after a lost chunk later ones of the same conversation are not sent, so that what is stored has no holes")
{
    PipelineBench bench;
    bench.add_conversations(1, 1200);
    bench.upsert_answer = [](std::size_t number) -> std::optional<http::Reply> {
        return number == 1 ? std::optional{reply(500, R"({"code":"XX000"})")} : std::nullopt;
    };
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.posts_with_rows() == 2);
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
        return number == 0 ? std::optional{reply(500, R"({"code":"57014"})")}
            : number == 2  ? std::optional{reply(500, R"({"code":"XX000"})")}
                           : std::nullopt;
    };
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.stored_count() == 30);
    CHECK(bench.newest_stored_before_oldest_missing());
}

TEST_CASE("an id that stands twice in the list is no trouble")
{
    PipelineBench bench;
    bench.settings.concurrency = 3;
    bench.add_conversations(3, 2);
    bench.repeat_conversation("c2");
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.exit_code() == 0);
    CHECK(bench.printed("  totalConversations: 3,"));
    CHECK(bench.printed("  totalMessagesInserted: 6,"));
}

TEST_CASE("conversations that were not read make the run incomplete; those that went away do not")
{
    auto const gone = GENERATE(true, false);
    PipelineBench bench;
    bench.add_conversations(3, 1);
    bench.miscount = [gone](std::size_t number) { return number == 0 || !gone ? 1 : 0; };
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.exit_code() == (gone ? 0 : 3));
    CHECK(bench.summary().at("totalConversations") == (gone ? 3 : 4));
    CHECK(bench.count_notes("the conversation table changed during the run: 4 conversations were found") == 1);
    CHECK(bench.count_notes("1 that are there now were not read") == (gone ? 0 : 1));
}

TEST_CASE("an id that is not in the table is a failed conversation, and fetches nothing")
{
    PipelineBench bench;
    bench.add_conversations(2, 1);
    bench.settings.selection.only = std::vector<ConversationId>{"c2", "ghost"};
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.exit_code() == 3);
    CHECK(bench.printed("[Backfill] Found 2 conversations to process"));
    CHECK(bench.noted("[Backfill] ✗ Failed to process conversation ghost: it is not in table Conversation"));
    CHECK(bench.freshchat_calls() == 1);
}

TEST_CASE("an empty table is no failure with full access and fatal without")
{
    PipelineBench full;
    CHECK(full.run() == Ending::complete);
    CHECK(full.printed("[Backfill] No conversations found in database."));
    CHECK(full.printed("  totalConversations: 0,"));
    PipelineBench limited;
    limited.settings.supabase_key = Secret{FakeSupabase::kPublishableKey};
    CHECK(limited.run() == Ending::fatal);
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
