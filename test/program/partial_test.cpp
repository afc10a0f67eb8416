// One broken conversation or row: named, counted, the rest stored, exit 3.

#include "program/tables.hpp"
#include "support/program_run.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace backfill::test;

TEST_CASE("rows that the table refuses are named and counted, and all others of their request are stored")
{
    store_only({"c", "d"});
    auto list = messages("m", 30);
    list[4] = message_json("guilty-1", "poison", 26);
    list[17] = message_json("guilty-2", std::string(300, 'x'), 13);
    Simulator const simulator{
        Conversations{{"c", list}, {"d", {message_json("n2", "two", 71), message_json("n1", "one", 70)}}}};
    auto const settings = with(settings_for(simulator), {{"MESSAGE_TABLE", "Message_checked"}});
    auto const run = run_program({"run"}, settings);
    CHECK(run.code == 3);
    CHECK(row_count("Message_checked") == 30);
    CHECK(run.out.find("✓ Conversation c: 28 new, 0 skipped, 2 failed, 30 total\n") != std::string::npos);
    CHECK(run.out.find("✓ Conversation d: 2 new, 0 skipped, 2 total\n") != std::string::npos);
    auto const summary = summary_of(run.out);
    CHECK(summary.processed == 2);
    CHECK(summary.failed == 0);
    CHECK(summary.inserted == 30);
    CHECK(summary.messages_failed == 2);
    CHECK(lines_of(run.err).size() == 6); // before them that the column is short, after them what to do next
    CHECK(run.err.find("[Backfill] Next: 2 messages refused by the database: the lines above say which")
        != std::string::npos);
    CHECK(run.err.find("[Backfill] Next: 1 with 23514: ") != std::string::npos);
    CHECK(run.err.find("[Backfill] Next: 1 with 22001: ") != std::string::npos);
    CHECK(run.err.find("✗ Failed to store message guilty-1 of conversation c: HTTP 400, 23514") != std::string::npos);
    CHECK(run.err.find("✗ Failed to store message guilty-2 of conversation c: HTTP 400, 22001") != std::string::npos);
    CHECK((run.out + run.err).find("poison") == std::string::npos);
    CHECK((run.out + run.err).find("xxxx") == std::string::npos);
}

TEST_CASE("a message without id or time is named and counted, never invented")
{
    store_only({"c"});
    Simulator const simulator{Conversations{{"c",
        {message_json("good", "good"), R"({"id":"timeless","actor_type":"user","message_parts":[]})",
            R"({"actor_type":"user","created_time":"2025-06-01T00:00:00Z","message_parts":[]})",
            R"({"uuid":"other-name","actor_type":"user","created_time":"2025-06-01T00:00:00Z"})"}}}};
    auto const run = run_program({"run"}, settings_for(simulator));
    CHECK(run.code == 3);
    CHECK(run.out.find("✓ Conversation c: 2 new, 0 skipped, 2 failed, 4 total\n") != std::string::npos);
    CHECK(summary_of(run.out).messages_failed == 2);
    CHECK(lines_of(run.err).size() == 3);
    CHECK(run.err.find("[Backfill] Next: 2 messages came without an id or a readable time. ") != std::string::npos);
    CHECK(run.err.find("message timeless of conversation c") != std::string::npos);
    CHECK(run.err.find("message (without id) of conversation c") != std::string::npos);
    CHECK(row_count() == 2);
}

TEST_CASE("a conversation that is gone at Freshchat fails, or is named and passed over when that is asked for")
{
    store_only({"gone", "here"});
    Simulator const simulator{Conversations{{"here", messages("m", 1)}}};
    auto const fails = run_program({"run"}, settings_for(simulator));
    CHECK(fails.code == 3);
    CHECK(fails.err.find("✗ Failed to process conversation gone: not found") != std::string::npos);

    auto const ignored = run_program({"run"}, with(settings_for(simulator), {{"ON_NOT_FOUND", "ignore"}}));
    CHECK(ignored.code == 0);
    CHECK(ignored.err.find("gone") != std::string::npos);
    CHECK(ignored.err.find("✗") == std::string::npos);
    auto const summary = summary_of(ignored.out);
    CHECK(summary.processed == 2);
    CHECK(summary.failed == 0);
    CHECK(tally_of(ignored.out).stored == 1);
}

TEST_CASE("the oldest conversations gone, or all, is no failure of a scheduled run that ignores them")
{
    bool const one_is_left = GENERATE(true, false);
    std::vector<std::string> ids;
    for (int i = 10; i < 35; ++i) { // more than the twenty that would show another account
        ids.push_back("gone" + std::to_string(i));
    }
    ids.emplace_back("here");
    store_only(ids);
    Simulator const simulator{one_is_left ? Conversations{{"here", messages("m", 1)}} : Conversations{}};
    auto const settings = with(settings_for(simulator), {{"RATE_LIMIT_DELAY", "0"}, {"BATCH_DELAY", "0"}});
    auto const run = run_program({"run", "--on-not-found=ignore"}, settings);
    CHECK(run.code == 0);
    CHECK(summary_of(run.out).processed == 26);
    CHECK(row_count() == (one_is_left ? 1 : 0));
    CHECK(run_program({"run"}, settings).code == 1); // else it is taken for another account
}

TEST_CASE("a chosen id that is not in Conversation is a failed conversation, and Freshchat is not asked for it")
{
    store_only({"a", "b"});
    Simulator const simulator{
        Conversations{{"a", messages("a", 1)}, {"b", messages("b", 1)}, {"stranger", messages("s", 1)}}};
    auto const run =
        run_program({"run", "--conversation-id", "stranger", "--conversation-id=b"}, settings_for(simulator));
    CHECK(run.code == 3);
    CHECK(run.out.find("Found 2 conversations to process\n") != std::string::npos);
    CHECK(run.err.find("✗ Failed to process conversation stranger: ") != std::string::npos);
    auto const summary = summary_of(run.out);
    CHECK(summary.conversations == 2);
    CHECK(summary.processed == 1);
    CHECK(summary.failed == 1);
    CHECK(simulator.requests().size() == 1);
    CHECK(row_count() == 1);
}

TEST_CASE("ids that deceive a terminal are printed escaped")
{
    auto const red = std::string{"red\x1b[31m"};
    std::string const bidi = "bidi\xE2\x80\xAE"
                             "abc";
    auto const lines = std::string{"two\nlines"};
    store_only({red, bidi, lines});
    Simulator const simulator{Conversations{{red, messages("r", 1)}, {bidi, messages("b", 1)}}};
    auto const run = run_program({"run", "-v"}, settings_for(simulator));
    CHECK(run.code == 3);
    CHECK(run.out.find("✓ Conversation red\\x1B[31m: 1 new") != std::string::npos);
    CHECK(run.out.find("✓ Conversation bidi\\u{202E}abc: 1 new") != std::string::npos);
    CHECK(run.err.find("conversation two\\x0Alines: not found") != std::string::npos);
    CHECK((run.out + run.err).find('\x1b') == std::string::npos);
    CHECK((run.out + run.err).find("\xE2\x80\xAE") == std::string::npos);
    CHECK(row_count() == 2);
}

TEST_CASE("two conversations that hold the same message id store it once and say so")
{
    store_only({"a", "b"});
    Simulator const simulator{
        Conversations{{"a", {message_json("same", "one")}}, {"b", {message_json("same", "two")}}}};
    auto const run = run_program({"run"}, settings_for(simulator));
    CHECK(run.code == 0);
    CHECK(stored_texts() == std::vector<std::string>{"same one"});
    CHECK(run.out.find("✓ Conversation b: 0 new, 1 skipped, 1 total\n") != std::string::npos);
    CHECK(summary_of(run.out).inserted == 1);
}
