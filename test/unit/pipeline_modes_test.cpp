#include "app/files/rejects_file.hpp"
#include "app/log/advice.hpp"
#include "support/pipeline_bench.hpp"
#include "support/scratch_file.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <tuple>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;
using namespace std::chrono_literals;

TEST_CASE("incremental: a page on which every message is stored ends the walk")
{
    PipelineBench bench;
    bench.settings.mode = Mode::incremental;
    bench.add_conversations(2, 6);
    bench.conversation_pages("c1", 3);
    bench.conversation_pages("c2", 3);
    for (auto const* id : {"c1-m5", "c1-m4", "c1-m3", "c1-m2", "c1-m1", "c1-m0"}) {
        bench.store("c1", id);
    }
    bench.store("c2", "c2-m3"); // with c2-m2 on the second page: one stored, one new, so the walk goes on
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.freshchat_calls() == 1 + 3);
    CHECK(bench.stored_count() == 12);
    CHECK(bench.printed("[Backfill] ✓ Conversation c1: 0 new, 2 skipped, 2 total"));
    CHECK(bench.printed("[Backfill] ✓ Conversation c2: 5 new, 1 skipped, 6 total"));
    CHECK(bench.printed("Configuration: BATCH_SIZE=50, RATE_LIMIT_DELAY=0ms, BATCH_DELAY=0ms, MODE=incremental"));
}

TEST_CASE("incremental: a page ends the walk only if it shows that the newest come first")
{
    using Case = std::tuple<std::string, std::string, std::size_t>;
    auto const [first, second, calls] = GENERATE(values<Case>(
        {{"2025-01-02T00:00:00Z", "2025-01-01T00:00:00Z", 1}, {"2025-01-01T00:00:00Z", "2025-01-02T00:00:00Z", 3},
            {"2025-01-01T00:00:00Z", "2025-01-01T00:00:00Z", 3}, {"2025-01-02T00:00:00Z", "once", 3}}));
    PipelineBench bench;
    bench.settings.mode = Mode::incremental;
    bench.add_conversations(1, 2);
    bench.store("c1", "c1-m1");
    bench.store("c1", "c1-m0");
    auto const message = [](std::string const& id, std::string const& time) {
        return R"({"id":")" + id + R"(","actor_type":"user","message_parts":[],"created_time":")" + time + "\"}";
    };
    bench.freshchat_answer("c1",
        reply(200,
            R"({"messages":[)" + message("c1-m1", first) + "," + message("c1-m0", second)
                + R"(],"link":{"href":"/v2/next"}})"));
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.freshchat_calls() == calls);
}

TEST_CASE("incremental: new messages before stored ones are found, and what lies behind the stored ones is not fetched")
{
    PipelineBench bench;
    bench.settings.mode = Mode::incremental;
    bench.add_conversations(1, 8);
    bench.conversation_pages("c1", 4);
    for (auto const* id : {"c1-m5", "c1-m4"}) {
        bench.store("c1", id); // the second page, whole
    }
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.freshchat_calls() == 2);
    CHECK(bench.printed("[Backfill] ✓ Conversation c1: 2 new, 2 skipped, 4 total"));
}

TEST_CASE("incremental: a conversation with a rejected message is read to its end, and its line goes when it is stored")
{
    ScratchFile const file{R"({"conversation":"c1","message":"c1-m0"})"
                           "\n"};
    RejectsFile rejects{file.path(), RejectsFile::Rows::left_out};
    PipelineBench bench;
    bench.rejects = &rejects;
    bench.settings.mode = Mode::incremental;
    bench.add_conversations(2, 6);
    for (std::string const id : {"c1", "c2"}) {
        bench.conversation_pages(id, 3);
        for (auto const* message : {"-m5", "-m4", "-m3", "-m2", "-m1"}) {
            bench.store(id, id + message);
        }
    }
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.freshchat_calls() == 3 + 1);
    CHECK(bench.printed("[Backfill] ✓ Conversation c1: 1 new, 5 skipped, 6 total"));
    rejects.commit(1s);
    CHECK(content_of(file.path()) == "");
}

TEST_CASE("incremental: a page of excluded messages alone does not end the walk")
{
    PipelineBench bench;
    bench.settings.mode = Mode::incremental;
    bench.settings.clean_rules.excluded_actor_types = {"user"}; // as all of the bench's are
    bench.add_conversations(1, 4);
    bench.conversation_pages("c1", 2);
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.freshchat_calls() == 2);
    bench.store("c1", "c1-m3");
    bench.run();
    CHECK(bench.freshchat_calls() == 3); // stored or excluded, and at least one stored
}

TEST_CASE("missing: conversations with a stored message are counted and cost no Freshchat call")
{
    PipelineBench bench;
    bench.settings.mode = Mode::missing;
    bench.settings.batch_size = 2;
    bench.add_conversations(5, 3);
    bench.store("c1", "c1-m0");
    bench.store("c3", "c3-m2");
    bench.store("c4", "c4-m0");
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.freshchat_calls() == 2);
    auto summary = bench.summary();
    CHECK(summary["totalConversations"] == 5);
    CHECK(summary["conversationsProcessed"] == 2);
    CHECK(summary["conversationsSkipped"] == 3);
    CHECK(summary["conversationsFailed"] == 0);
    CHECK(summary["totalMessagesInserted"] == 6);
    CHECK(bench.count_lines("=== Batch ") == 3); // also for the one of which nothing was left
    CHECK(bench.exit_code() == 0);
}

TEST_CASE("missing: a table without gaps costs no Freshchat call at all")
{
    PipelineBench bench;
    bench.settings.mode = Mode::missing;
    bench.add_conversations(60, 2);
    CHECK(bench.run() == Ending::complete);
    auto const calls = bench.freshchat_calls();
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.freshchat_calls() == calls);
}

TEST_CASE("verify: what is stored of a conversation that Freshchat does not know is surplus, ignored or not")
{
    PipelineBench bench;
    bench.settings.command = Command::verify;
    bench.settings.on_not_found = OnNotFound::ignore;
    bench.add_conversations(3, 2);
    for (auto const* id : {"c1", "c2"}) {
        bench.freshchat_answer(id, reply(404, "{}"));
    }
    bench.store("c1", "c1-m0");
    bench.store("c3", "c3-m0");
    bench.store("c3", "c3-m1");
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.exit_code() == 3);
    CHECK(bench.printed("[Verify] Surplus: message c1-m0 of conversation c1"));
    CHECK(bench.printed("[Verify] ✗ Conversation c1: 0 stored, 0 missing, 1 surplus, 0 total"));
    CHECK(bench.printed("[Verify] ✓ Conversation c2: 0 stored, 0 missing, 0 surplus, 0 total"));
    CHECK(bench.facts->snapshot().conversations.equal == 2);
    CHECK(bench.noted("[Backfill] Conversation c1 is not found at Freshchat: ignored (ON_NOT_FOUND=ignore)"));
}

TEST_CASE("a message that is stored under another conversation is stored, named with -v and counted once at the end")
{
    PipelineBench bench;
    bench.verbose = true;
    bench.add_conversations(2, 2);
    bench.store("c2", "c1-m0");
    auto const command = GENERATE(Command::run, Command::dry_run, Command::verify);
    bench.settings.command = command;
    if (command == Command::run) {
        bench.settings.messages.on_conflict = GENERATE(supabase::OnConflict::ignore, supabase::OnConflict::update);
    } else if (command == Command::verify) {
        for (auto const* id : {"c1-m1", "c2-m0", "c2-m1"}) {
            bench.store(std::string{id}.substr(0, 2), id);
        }
    }
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.exit_code() == 0);
    CHECK(bench.noted("[Backfill] Message c1-m0 of conversation c1 is stored under conversation c2"));
    bool const moves = bench.settings.messages.on_conflict == supabase::OnConflict::update;
    CHECK(bench.count_notes(moves
                  ? "1 message was stored under another conversation (merged?): ON_CONFLICT=update moved it"
                  : "1 message is stored under another conversation")
        == 1);
    CHECK(bench.facts->snapshot().messages.surplus == 0);
    CHECK(bench.facts->snapshot().messages.fresh == (command == Command::verify ? 0 : 3));
    CHECK(bench.facts->snapshot().messages.stored == (command == Command::verify ? 4 : 1));
}

TEST_CASE("ON_CONFLICT=update: a message of two conversations is new in the first and updated in the second")
{
    PipelineBench bench;
    bench.settings.messages.on_conflict = supabase::OnConflict::update;
    bench.settings.batch_size = GENERATE(1U, 50U); // each in a request of its own, or all in one
    bench.add_conversations(3, 2);
    bench.freshchat_answer("c3", messages_page({"c3-m1", "c1-m1", "c1-m0"}));
    if (GENERATE(false, true)) { // else the table is empty, and nobody needs to look
        bench.store("c4", "another");
    }
    auto const before = bench.stored_count();
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.exit_code() == 0);
    CHECK(bench.stored_count() == before + 5);
    CHECK(bench.summary().at("totalMessagesInserted") == 5);
    CHECK(bench.summary().at("totalMessagesUpdated") == 2);
    CHECK(
        bench.count_notes("2 messages were stored under another conversation (merged?): ON_CONFLICT=update moved them")
        == 1);
}

TEST_CASE("verify: a missing message that the table has in another spelling is told with that spelling")
{
    PipelineBench bench;
    bench.settings.command = Command::verify;
    bench.add_conversations(1, 3);
    bench.store("c1", "C1-M0 ");
    bench.store("c1", "c1-m1");
    bench.store("c1", "c1-m22");
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.exit_code() == 3);
    CHECK(bench.printed(
        "[Verify] Missing: message c1-m0 of conversation c1 (the table has \"C1-M0 \": only case or blanks differ)"));
    CHECK(bench.printed("[Verify] Missing: message c1-m2 of conversation c1"));
    CHECK(bench.printed("[Verify] Surplus: message C1-M0  of conversation c1"));
    CHECK(bench.printed("[Verify] Surplus: message c1-m22 of conversation c1"));
    CHECK(bench.printed("[Verify] ✗ Conversation c1: 1 stored, 2 missing, 2 surplus, 3 total"));
}

TEST_CASE("verify: what Freshchat has nowhere stays a surplus beside what it has elsewhere")
{
    PipelineBench bench;
    bench.settings.command = Command::verify;
    bench.add_conversations(2, 1);
    bench.store("c1", "gone");
    bench.store("c1", "c2-m0");
    bench.store("c1", "c1-m0");
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.exit_code() == 3);
    CHECK(bench.printed("[Verify] Surplus: message gone of conversation c1"));
    CHECK(bench.printed("[Verify] ✗ Conversation c1: 1 stored, 0 missing, 1 surplus, 1 total"));
    CHECK(bench.printed("[Verify] ✓ Conversation c2: 1 stored, 0 missing, 0 surplus, 1 total"));
}
