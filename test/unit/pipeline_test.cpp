#include "support/instant_clock.hpp"
#include "support/pipeline_bench.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <utility>

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
    CHECK(waits.longest() == "delays");
}

TEST_CASE("a failed conversation is followed by the same delay")
{
    PipelineBench bench;
    bench.settings.rate_limit_delay = 1000ms;
    bench.add_conversations(3, 1);
    bench.freshchat_answer("c2", reply(400));
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

TEST_CASE("before a batch delay the rows go out at once")
{
    PipelineBench bench;
    bench.settings.batch_size = 1;
    bench.settings.batch_delay = 1ms;
    bench.add_conversations(13, 1);
    auto const began = std::chrono::steady_clock::now();
    CHECK(bench.run() == Ending::complete);
    CHECK(std::chrono::steady_clock::now() - began < 3s); // would be twelve times a quarter of a second
}

TEST_CASE("four batches are looked up while one is fetched")
{
    PipelineBench bench;
    bench.settings.batch_size = 1;
    bench.add_conversations(9, 1);
    bench.store("another", "m");
    std::mutex mutex;
    std::condition_variable looked_up;
    int look_ups = 0;
    bench.on_request = [&](http::Request const& request) {
        std::unique_lock lock{mutex};
        if (request.target.starts_with("/Message?select=id,conversationid&")) {
            ++look_ups;
            looked_up.notify_all();
        } else if (request.target.find("/c1/messages") != std::string::npos) {
            CHECK(looked_up.wait_for(lock, 10s, [&] { return look_ups >= 5; }));
            looked_up.wait_for(lock, 10ms, [&] { return look_ups > 7; });
            CHECK(look_ups <= 7); // one fetched, at most five in the queue and one that waits for room
        }
    };
    CHECK(bench.run() == Ending::complete);
}

TEST_CASE("nothing is looked up in a table that was empty, where duplicates would tell what others stored meanwhile")
{
    PipelineBench bench;
    bench.add_conversations(3, 2);
    std::atomic<int> look_ups = 0;
    bench.on_request = [&](http::Request const& request) {
        look_ups += request.target.starts_with("/Message?select=id,conversationid&conversationid=in.(") ? 1 : 0;
    };
    SECTION("a run, while somebody else stores a row")
    {
        bench.upsert_answer = [&, first = true](std::size_t) mutable -> std::optional<http::Reply> {
            if (std::exchange(first, false)) {
                bench.store("c1", "c1-m0");
            }
            return std::nullopt;
        };
        CHECK(bench.run() == Ending::complete);
        CHECK(look_ups == 0);
        CHECK(bench.summary().at("totalMessagesInserted") == 5);
        CHECK(bench.printed("[Backfill] ✓ Conversation c1: 1 new, 1 skipped, 2 total"));
    }
    SECTION("not where stored rows are rewritten, or both sides compared")
    {
        bench.settings.messages.on_conflict = GENERATE(supabase::OnConflict::update, supabase::OnConflict::ignore);
        bench.settings.command =
            bench.settings.messages.on_conflict == supabase::OnConflict::update ? Command::run : Command::verify;
        bench.run();
        CHECK(look_ups > 0);
    }
    CHECK(bench.stored_count() <= 6);
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
            "[Backfill] === Batch 2/2 (1 conversation) ===", "[Backfill] ✓ Conversation c3: 2 new, 0 skipped, 2 total",
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

TEST_CASE("an id that is in the list twice is no trouble")
{
    PipelineBench bench;
    bench.settings.concurrency = 3;
    bench.add_conversations(3, 2);
    SECTION("side by side: its second row is left out")
    {
        bench.repeat_conversation("c2", "c2");
        CHECK(bench.run() == Ending::complete);
        CHECK(bench.printed("  totalConversations: 3,"));
        CHECK(bench.noted(
            "[Backfill] Warning: 1 row of table Conversation has no id or repeats the id of the row before: "
            "it is left out. Is id the right column (CONVERSATION_COLUMNS)?"));
    }
    SECTION("apart: it is done twice")
    {
        bench.repeat_conversation("c1", "c3");
        CHECK(bench.run() == Ending::complete);
        CHECK(bench.printed("  totalConversations: 4,"));
        CHECK(bench.printed("[Backfill] ✓ Conversation c1: 0 new, 2 skipped, 2 total"));
        CHECK(bench.facts->frontier().reached()->id == "c3");
    }
    CHECK(bench.exit_code() == 0);
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
    CHECK(
        bench.count_notes("the conversation table changed during the run: 4 conversations found at the start, ") == 1);
    CHECK(bench.count_notes("1 there now and not read") == (gone ? 0 : 1));
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

TEST_CASE("ids chosen from an empty table are failed conversations, not an empty run")
{
    PipelineBench bench;
    bench.settings.selection.only = std::vector<ConversationId>{"c1", "c2"};
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.exit_code() == 3);
    CHECK(bench.summary().at("conversationsFailed") == 2);
    CHECK(bench.noted("[Backfill] ✗ Failed to process conversation c2: it is not in table Conversation"));
}

TEST_CASE("a sample of chosen ids is drawn from those that are there and those that are not")
{
    PipelineBench bench;
    bench.add_conversations(4, 1);
    bench.settings.selection.only = std::vector<ConversationId>{"c1", "c2", "c3", "c4", "ghost", "nobody"};
    bench.settings.selection.sample = 3;
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.printed("[Backfill] Found 3 conversations to process (of 6)"));
    CHECK(bench.summary().at("conversationsProcessed") + bench.summary().at("conversationsFailed") == 3);
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

TEST_CASE("conversations of the table that are one at Freshchat are told, pair by pair, and so is a third row")
{
    PipelineBench bench;
    bench.add_conversations(3, 1);
    bench.on_request = [&bench](http::Request const& request) {
        for (std::string const id : {"c1", "c2"}) {
            if (request.target.starts_with("/conversations/" + id)) {
                bool const asks_for_ids = request.target.ends_with(id);
                bench.freshchat_answer(id, asks_for_ids ? reply(200, R"({"conversation_id":"c3"})") : reply(404));
            }
        }
    };
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.exit_code() == 0);
    CHECK(bench.summary()["conversationsProcessed"] == 3);
    CHECK(bench.count_notes("conversations c1 and c2 of the table are one at Freshchat") == 1);
    CHECK(bench.count_notes("conversations c1 and c3 of the table are one at Freshchat") == 1);
    CHECK(bench.count_notes("of the table are one at Freshchat") == 2);
}
