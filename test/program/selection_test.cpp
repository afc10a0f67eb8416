// Which conversations a run takes, and in which order.

#include "program/tables.hpp"
#include "support/program_run.hpp"
#include "support/psql.hpp"
#include "support/scratch_file.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace backfill::test;

namespace {

/// Times as they lie around a day's edges; z has none.
void store_week()
{
    empty_tables();
    psql(R"(insert into "Conversation" (id, created_time) values
        ('before', '2025-01-31T23:59:59.999999Z'), ('dawn', '2025-02-01T00:00:00Z'), ('noon', '2025-02-01T12:00:00.5Z'),
        ('dusk', '2025-02-01T23:59:59.999999Z'), ('after', '2025-02-02T00:00:00Z'), ('z', null))");
}

/// The conversations that a run asks Freshchat for, in order, as one text.
std::string taken(std::vector<std::string> arguments, Environment const& changes = {}, std::string const& input = {})
{
    Conversations held;
    for (auto const* id : {"before", "dawn", "noon", "dusk", "after", "z"}) {
        held[id] = {};
    }
    Simulator const simulator{held};
    arguments.insert(arguments.begin(), "run");
    auto const run = run_program(arguments, with(settings_for(simulator), changes), input);
    CAPTURE(run.out, run.err);
    CHECK((run.code == 0 || run.code == 3));
    std::string list;
    for (auto const& request : simulator.requests()) {
        list += (list.empty() ? "" : " ") + request.conversation;
    }
    CHECK(summary_of(run.out).processed == simulator.requests().size());
    return list;
}

} // namespace

TEST_CASE("all conversations are taken, oldest first, those without a time last")
{
    store_week();
    CHECK(taken({}) == "before dawn noon dusk after z");
    CHECK(taken({"--limit=2"}) == "before dawn");
    CHECK(taken({"--limit=6", "--batch-size=1"}) == "before dawn noon dusk after z");
}

TEST_CASE("a date range is inclusive at both ends, and leaves out those without a time")
{
    store_week();
    CHECK(taken({"--created-from=2025-02-01", "--created-to=2025-02-01"}) == "dawn noon dusk");
    CHECK(taken({"--created-from", "2025-02-01T12:00:00.5Z"}) == "noon dusk after");
    CHECK(taken({"--created-to", "2025-02-01T12:00:00.5Z"}) == "before dawn noon");
    CHECK(taken({"--created-from", "2025-02-01T12:00:00.500001Z"}) == "dusk after");
    CHECK(
        taken({}, {{"CREATED_FROM", "2025-02-01T14:00:00.5+02:00"}, {"CREATED_TO", "2025-02-01T18:59:59.999999-05:00"}})
        == "noon dusk");
    CHECK(taken({"--created-from=2025-02-01T00:00:00", "--limit=1"}) == "dawn");
    CHECK(taken({"--created-from=2026-01-01"}) == "");
}

TEST_CASE("chosen conversations come from options, the variable, a file or standard input, and in order of time")
{
    store_week();
    ScratchFile const file{"dusk\r\n\r\n  dawn  \r\ndusk"};
    CHECK(taken({"--conversation-id=z", "--conversation-id", "noon", "--conversation-id=before"}) == "before noon z");
    CHECK(taken({}, {{"CONVERSATION_IDS", " noon , dawn,noon"}}) == "dawn noon");
    CHECK(taken({"--conversations-file=" + file.path()}) == "dawn dusk");
    CHECK(taken({"--conversations-file=-"}, {}, "after\nbefore\n") == "before after");
    CHECK(taken({"--conversations-file=" + file.path(), "--conversation-id=before"}) == "before dawn dusk"); // union
    CHECK(taken({"--conversations-file=" + file.path(), "--created-from=2025-02-01T12:00:00Z"})
        == "dusk"); // intersection
    CHECK(taken({"--conversations-file=" + file.path(), "--limit=1"}) == "dawn");
    CHECK(taken({"--conversations-file=-"}, {}, "") == ""); // no ids are not all ids
}
