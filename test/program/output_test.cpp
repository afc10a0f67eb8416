// What users and their schedulers read: every line of small runs, word by word.

#include "program/tables.hpp"
#include "support/program_run.hpp"
#include "support/psql.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace backfill::test;

namespace {

/// Three conversations in the order of their creation; of "second" two messages are stored.
Conversations three()
{
    return {{"first", messages("a", 2)}, {"second", messages("b", 3)}, {"third", {}}};
}

void store_three()
{
    store_only({"first", "second", "third"});
    psql(R"(insert into "Message" (id, conversationid, actor_type, message_parts, created_time) values )"
         R"(('b1', 'second', 'user', 'old', '2025-06-01'), ('b2', 'second', 'user', 'old', '2025-06-01'))");
}

} // namespace

TEST_CASE("the output of a run is the promised one, line by line")
{
    store_three();
    Simulator const simulator{three()};
    auto const run = run_program({"run", "--batch-size=2"}, settings_for(simulator));
    CHECK(masked(run.out) == R"(=== Backfill Messages - Start ===
Configuration: BATCH_SIZE=2, RATE_LIMIT_DELAY=0ms, BATCH_DELAY=0ms
[Backfill] Fetching all conversations from database...
[Backfill] Found 3 conversations to process

[Backfill] === Batch 1/2 (2 conversations) ===

[Backfill] === Batch 2/2 (1 conversation) ===
[Backfill] ✓ Conversation third: 0 new, 0 skipped, 0 total
[Backfill] ✓ Conversation first: 2 new, 0 skipped, 2 total
[Backfill] ✓ Conversation second: 1 new, 2 skipped, 3 total

=== Backfill Messages - Complete ===
Summary: {
  totalConversations: 3,
  conversationsProcessed: 3,
  conversationsFailed: 0,
  totalMessagesInserted: 3,
  totalMessagesFailed: 0,
  durationSeconds: '#'
}
)");
    CHECK(run.err == "");
    CHECK(run.code == 0);
    CHECK(stored_texts()
        == std::vector<std::string>{"a1 text of a1", "a2 text of a2", "b1 old", "b2 old", "b3 text of b3"});
}

TEST_CASE("with delays there is a Waiting line between batches, but none after the last, and batches do not overlap")
{
    store_three();
    Simulator const simulator{three()};
    auto const settings =
        with(settings_for(simulator), {{"BATCH_DELAY", "7"}, {"RATE_LIMIT_DELAY", "3"}, {"PAGE_DELAY", "2"}});
    auto const run = run_program({"run", "--batch-size=2"}, settings);
    CHECK(masked(run.out) == R"(=== Backfill Messages - Start ===
Configuration: BATCH_SIZE=2, RATE_LIMIT_DELAY=3ms, BATCH_DELAY=7ms
[Backfill] Fetching all conversations from database...
[Backfill] Found 3 conversations to process

[Backfill] === Batch 1/2 (2 conversations) ===
[Backfill] ✓ Conversation first: 2 new, 0 skipped, 2 total
[Backfill] ✓ Conversation second: 1 new, 2 skipped, 3 total
[Backfill] Waiting 7ms before next batch...

[Backfill] === Batch 2/2 (1 conversation) ===
[Backfill] ✓ Conversation third: 0 new, 0 skipped, 0 total

=== Backfill Messages - Complete ===
Summary: {
  totalConversations: 3,
  conversationsProcessed: 3,
  conversationsFailed: 0,
  totalMessagesInserted: 3,
  totalMessagesFailed: 0,
  durationSeconds: '#'
}
)");
    CHECK(run.err == "");
}

TEST_CASE("a dry run says what would be inserted, warns of what it cannot prove, and writes nothing")
{
    store_three();
    Simulator const simulator{three()};
    auto const run = run_program({"dry-run", "--limit", "2", "--concurrency=1"}, settings_for(simulator));
    CHECK(masked(run.out) == R"(=== Backfill Messages (dry run) - Start ===
Configuration: BATCH_SIZE=50, RATE_LIMIT_DELAY=0ms, BATCH_DELAY=0ms
[Backfill] Fetching all conversations from database...
[Backfill] Found 2 conversations to process (of 3)

[Backfill] === Batch 1/1 (2 conversations) ===
[Dry run] ✓ Conversation first: 2 would be inserted, 0 skipped, 2 total
[Dry run] ✓ Conversation second: 1 would be inserted, 2 skipped, 3 total

=== Backfill Messages (dry run) - Complete ===
Summary: {
  totalConversations: 2,
  conversationsProcessed: 2,
  conversationsFailed: 0,
  totalMessagesToInsert: 3,
  totalMessagesFailed: 0,
  durationSeconds: '#'
}
[Dry run] A run would need 2 requests to Freshchat, about 7 to Supabase, and about 1 s at this pace
)");
    CHECK(run.err
        == "[Backfill] Warning: a dry run only reads: it cannot prove the right to insert and the unique key on the "
           "message id.\n");
    CHECK(run.code == 0);
    CHECK(row_count() == 2);
}

TEST_CASE("ON_CONFLICT=update rewrites stored rows and counts them apart")
{
    store_three();
    Simulator const simulator{three()};
    auto const run = run_program({"run", "--on-conflict=update"}, settings_for(simulator));
    CHECK(masked(run.out) == R"(=== Backfill Messages - Start ===
Configuration: BATCH_SIZE=50, RATE_LIMIT_DELAY=0ms, BATCH_DELAY=0ms
[Backfill] Fetching all conversations from database...
[Backfill] Found 3 conversations to process

[Backfill] === Batch 1/1 (3 conversations) ===
[Backfill] ✓ Conversation third: 0 new, 0 updated, 0 total
[Backfill] ✓ Conversation first: 2 new, 0 updated, 2 total
[Backfill] ✓ Conversation second: 1 new, 2 updated, 3 total

=== Backfill Messages - Complete ===
Summary: {
  totalConversations: 3,
  conversationsProcessed: 3,
  conversationsFailed: 0,
  totalMessagesInserted: 3,
  totalMessagesUpdated: 2,
  totalMessagesFailed: 0,
  durationSeconds: '#'
}
)");
    CHECK(stored_texts()
        == std::vector<std::string>{
            "a1 text of a1", "a2 text of a2", "b1 text of b1", "b2 text of b2", "b3 text of b3"});
}

TEST_CASE("an empty table is a complete run")
{
    empty_tables();
    Simulator const simulator{three()};
    auto const run = run_program({"run"}, settings_for(simulator));
    CHECK(masked(run.out) == R"(=== Backfill Messages - Start ===
Configuration: BATCH_SIZE=50, RATE_LIMIT_DELAY=0ms, BATCH_DELAY=0ms
[Backfill] Fetching all conversations from database...
[Backfill] No conversations found in database.

=== Backfill Messages - Complete ===
Summary: {
  totalConversations: 0,
  conversationsProcessed: 0,
  conversationsFailed: 0,
  totalMessagesInserted: 0,
  totalMessagesFailed: 0,
  durationSeconds: '#'
}
)");
    CHECK(run.err == "");
    CHECK(run.code == 0);
    CHECK(simulator.requests().empty());
}

TEST_CASE("more than one fetcher is named in the second line")
{
    store_three();
    Simulator const simulator{three()};
    auto const run = run_program({"run"}, with(settings_for(simulator), {{"CONCURRENCY", "4"}}));
    auto const lines = lines_of(run.out);
    REQUIRE(lines.size() > 1);
    CHECK(lines[1] == "Configuration: BATCH_SIZE=50, RATE_LIMIT_DELAY=0ms, BATCH_DELAY=0ms, CONCURRENCY=4");
    CHECK(strange_lines(run.out).empty());
    CHECK(tally_of(run.out).fresh == 3);
}

TEST_CASE("a failed conversation is named on stderr with the server's request id, and the rest is stored")
{
    store_three();
    Simulator const simulator{three(), {.faults = {{.conversation = "second", .times = kAlways, .status = 404}}}};
    auto const run = run_program({"run"}, settings_for(simulator));
    CHECK(run.code == 3);
    auto const requests = simulator.requests();
    REQUIRE(requests.size() == 4); // the conversation itself was asked for, too
    CHECK(run.err
        == "[Backfill] ✗ Failed to process conversation second: not found (HTTP 404 (X-Trace-ID " + requests[1].trace_id
            + ")), status NOT_FOUND\n"
              "[Backfill] Next: 1 conversation not found at Freshchat (HTTP 404): deleted there, of another account, "
              "or id is neither of the two ids (UUID and number) that Freshchat gives a conversation. For a deleted "
              "one set "
              "ON_NOT_FOUND=ignore, so that it fails no run.\n");
    auto const summary = summary_of(run.out);
    CHECK(summary.processed == 2);
    CHECK(summary.failed == 1);
    CHECK(summary.inserted == 2);
    CHECK(row_count() == 4);
}

TEST_CASE("each line goes into a pipe as soon as it is known")
{
    store_three();
    Simulator const simulator{
        three(), {.faults = {{.conversation = "third", .times = kAlways, .kind = FaultKind::hang}}}};
    auto const settings = with(settings_for(simulator), {{"RATE_LIMIT_DELAY", "1"}});
    auto const program = start_program({"run"}, settings);
    // The last call hangs: nothing but flushing can bring these lines here.
    CHECK(program->wait_for(Stream::out, "✓ Conversation first: 2 new, 0 skipped, 2 total\n"));
    CHECK(program->wait_for(Stream::out, "✓ Conversation second: 1 new, 2 skipped, 3 total\n"));
}

TEST_CASE("without delays a slow conversation does not hold back what was fetched before it for long")
{
    store_three();
    Simulator const simulator{
        three(), {.faults = {{.conversation = "third", .times = kAlways, .kind = FaultKind::hang}}}};
    auto const program = start_program({"run"}, settings_for(simulator));
    CHECK(program->wait_for(Stream::out, "✓ Conversation second: 1 new, 2 skipped, 3 total\n"));
    CHECK(row_count() == 5);
}

TEST_CASE("no line is torn when many threads write into both streams")
{
    Conversations conversations;
    std::vector<std::string> ids;
    Switches switches;
    for (int i = 0; i < 400; ++i) {
        ids.push_back("conversation-" + std::to_string(i));
        conversations[ids.back()] = messages(ids.back() + "-", i % 4);
        if (i % 3 == 1) {
            switches.faults.push_back({.conversation = ids.back(), .times = kAlways, .status = 404});
        }
    }
    store_only(ids);
    Simulator const simulator{conversations, switches};
    auto const run = run_program({"run", "-v", "--concurrency", "16"}, settings_for(simulator));
    CHECK(run.code == 3);
    CHECK(strange_lines(run.out).empty());
    std::size_t failed = 0;
    for (auto const& line : lines_of(run.err)) {
        CHECK(line.starts_with("[Backfill] "));
        CHECK(line.find("[Backfill]", 1) == std::string::npos);
        failed += line.find("✗ Failed to process conversation conversation-") != std::string::npos ? 1U : 0U;
    }
    CHECK(failed == switches.faults.size());
    CHECK(tally_of(run.out).lines == ids.size() - failed);
}

TEST_CASE("verbose lines tell of requests and excluded messages, by ids only")
{
    store_only({"c"});
    Simulator const simulator{Conversations{
        {"c", {message_json("robot", "the robot speaks", 5, "System"), message_json("human", "the human speaks", 4)}}}};
    auto const run = run_program({"run", "--verbose"}, settings_for(simulator));
    CHECK(run.out.find("✓ Conversation c: 1 new, 0 skipped, 1 total\n") != std::string::npos);
    CHECK(run.err.find("[Backfill] Message robot of conversation c is excluded: ") != std::string::npos);
    CHECK(run.err.find("GET /conversations/c/messages?page=1&items_per_page=50 → HTTP 200") != std::string::npos);
    CHECK(run.err.find("POST ") != std::string::npos);
    CHECK(run.err.find("speaks") == std::string::npos);
}

TEST_CASE("a standard output that takes no lines does not end the run, but is told of; one that nobody reads is not")
{
    auto const [redirection, code, said] = GENERATE(table<std::string, int, std::string>(
        {{">/dev/full", 1, "standard output could not be written: No space left on device."}, {">&-", 0, ""},
            {"<&- >&- 2>&-", 0, ""}, {">/dev/null", 0, ""}}));
    CAPTURE(redirection);
    store_three();
    Simulator const simulator{three()};
    auto const ended = start_in_shell(R"(exec "$0" "$@" )" + redirection, {"run"}, settings_for(simulator))->wait();
    CHECK(ended.code == code);
    CHECK(ended.err == (said.empty() ? "" : "freshchat-backfill: " + said + " Lines are missing there.\n"));
    CHECK(row_count() == 5);
    CHECK(simulator.counters().requests == 3); // no line went into a connection
}
