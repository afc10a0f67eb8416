// verify: both sides compared, conversation by conversation, and repaired where that is asked for.

#include "program/tables.hpp"
#include "support/access_log.hpp"
#include "support/program_run.hpp"
#include "support/psql.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

using namespace backfill::test;

namespace {

bool has_line(Ended const& ended, std::string const& line)
{
    auto const lines = lines_of(ended.out);
    return std::find(lines.begin(), lines.end(), line) != lines.end();
}

std::ptrdiff_t compared(Ended const& ended)
{
    auto const lines = lines_of(ended.out);
    return std::count_if(lines.begin(), lines.end(), [](auto const& line) {
        return line.find(" Conversation ") != std::string::npos && line.starts_with("[Verify]");
    });
}

/// c: 60 messages on two pages; d: one, and a system message.
Conversations two()
{
    return {
        {"c", messages("m", 60)}, {"d", {message_json("n1", "one"), message_json("system-1", "joined", 0, "system")}}};
}

/// Both stored whole, by a run.
void store_two(Simulator const& simulator)
{
    store_only({"c", "d"});
    REQUIRE(run_program({"run"}, settings_for(simulator)).code == 0);
}

void make_holes()
{
    psql("delete from \"Message\" where id in ('m1', 'm60')");
    psql("insert into \"Message\" (id, conversationid, actor_type, message_parts, created_time) values "
         "('foreign', 'd', 'user', 'not from Freshchat', '2025-06-02'), ('system-1', 'd', 'system', 'joined', "
         "'2025-06-01')");
}

} // namespace

TEST_CASE("verify of a whole table ends with 0 and sends nothing but GET")
{
    Simulator const simulator{two()};
    store_two(simulator);
    AccessLog const log;
    auto const verify = run_program({"verify"}, settings_for(simulator));
    CHECK(verify.code == 0);
    CHECK(verify.err == "");
    CHECK(posts(log.entries()) == 0);
    CHECK(masked(verify.out) == R"(=== Verify Messages - Start ===
Configuration: BATCH_SIZE=50, RATE_LIMIT_DELAY=0ms, BATCH_DELAY=0ms
[Verify] Fetching all conversations from database...
[Verify] Found 2 conversations to process

[Verify] === Batch 1/1 (2 conversations) ===
[Verify] ✓ Conversation c: 60 stored, 0 missing, 0 surplus, 60 total
[Verify] ✓ Conversation d: 1 stored, 0 missing, 0 surplus, 1 total

=== Verify Messages - Complete ===
Summary: {
  totalConversations: 2,
  conversationsProcessed: 2,
  conversationsFailed: 0,
  conversationsEqual: 2,
  totalMessagesStored: 61,
  totalMessagesMissing: 0,
  totalMessagesSurplus: 0,
  totalMessagesFailed: 0,
  durationSeconds: '#'
}
[Verify] Nothing is missing: the table holds all 61 messages of 2 conversations
)");
}

TEST_CASE("verify lists what is missing and what is surplus, and changes nothing")
{
    Simulator const simulator{two()};
    store_two(simulator);
    make_holes();
    auto const verify = run_program({"verify"}, settings_for(simulator));
    CHECK(verify.code == 3);
    CHECK(has_line(verify, "[Verify] Missing: message m1 of conversation c"));
    CHECK(has_line(verify, "[Verify] Missing: message m60 of conversation c"));
    CHECK(has_line(verify, "[Verify] ✗ Conversation c: 58 stored, 2 missing, 0 surplus, 60 total"));
    CHECK(has_line(verify, "[Verify] Surplus: message foreign of conversation d"));
    CHECK(has_line(verify, "[Verify] ✗ Conversation d: 1 stored, 0 missing, 1 surplus, 1 total"));
    CHECK(has_line(verify, "  conversationsEqual: 0,"));
    CHECK(has_line(verify, "  totalMessagesMissing: 2,"));
    CHECK(has_line(verify, "  totalMessagesSurplus: 1,"));
    CHECK(row_count() == 61);
}

TEST_CASE("verify --repair stores what is missing and leaves what is surplus")
{
    Simulator const simulator{two()};
    store_two(simulator);
    make_holes();
    auto const repair = run_program({"verify", "--repair"}, settings_for(simulator));
    CHECK(repair.code == 3); // the foreign row is still there
    CHECK(has_line(repair, "[Verify] ✓ Conversation c: 58 stored, 2 repaired, 0 surplus, 60 total"));
    CHECK(has_line(repair, "  totalMessagesRepaired: 2,"));
    CHECK(row_count() == 63);
    psql("delete from \"Message\" where id = 'foreign'");
    CHECK(run_program({"verify"}, settings_for(simulator)).code == 0);
}

TEST_CASE("a repair that leaves nothing different ends with 0")
{
    Simulator const simulator{two()};
    store_two(simulator);
    psql("delete from \"Message\" where id = 'm7'");
    CHECK(run_program({"verify", "--repair"}, settings_for(simulator)).code == 0);
    CHECK(row_count() == 61);
}

TEST_CASE("verify reads everything, whatever MODE says, and fails what it cannot read")
{
    Simulator const whole{two()};
    store_two(whole);
    psql("delete from \"Message\" where id = 'm1'");
    Simulator const simulator{two(), {.faults = {{.conversation = "d", .times = kAlways, .status = 404}}}};
    auto const verify = run_program({"verify"}, with(settings_for(simulator), {{"MODE", "missing"}}));
    CHECK(verify.code == 3);
    CHECK(has_line(verify, "[Verify] Missing: message m1 of conversation c"));
    CHECK(verify.err.find("✗ Failed to process conversation d: not found") != std::string::npos);
}

TEST_CASE("verify --sample reads so many conversations and no others")
{
    auto const world = World::make({.conversations = 40});
    Simulator const simulator{world};
    store_only(world);
    auto const settings = settings_for(simulator);
    auto const drawn = run_program({"verify", "--sample=7"}, settings);
    CHECK(has_line(drawn, "[Verify] Found 7 conversations to process (of 40)"));
    CHECK(compared(drawn) == 7);
    auto const all = run_program({"verify", "--sample=1000"}, settings);
    CHECK(compared(all) == 40);
}
