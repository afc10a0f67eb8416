// A table that holds those ids of conversations by which the account does not know them.

#include "program/tables.hpp"
#include "support/access_log.hpp"
#include "support/program_run.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

using namespace backfill::test;

TEST_CASE("a table of numbers is filled from an account that takes UUIDs only, and the reverse, under the table's ids")
{
    auto const [table_ids, ids] =
        GENERATE(table<TableIds, Ids>({{TableIds::number, Ids::uuid_only}, {TableIds::uuid, Ids::numeric_only}}));
    std::string const concurrency = GENERATE("1", "4");
    auto const world =
        World::make({.conversations = 60, .one_long = 120, .email_only = 3, .buttons_only = 3, .table_ids = table_ids});
    Simulator simulator{world, {.ids = ids}};
    store_only(world);
    auto const settings = with(settings_for(simulator), {{"CONCURRENCY", concurrency}});
    auto const run = run_program({"run"}, settings);
    CAPTURE(concurrency, run.err);
    CHECK(run.code == 0);
    CHECK(notes_of(run) == "");
    CHECK(compare_with(world) == kEqual);
    auto const requests = simulator.requests();
    auto const count = [&requests](auto const& is_one) { return std::ranges::count_if(requests, is_one); };
    CHECK(count([](auto const& request) { return request.page == kTheConversation; }) == 60);
    auto const in_vain = count([](auto const& request) { return request.status == 404; });
    CHECK(in_vain >= 1); // until one has shown that it pays to ask
    CHECK(in_vain <= std::stol(concurrency));
    CHECK(static_cast<std::size_t>(count([](auto const& request) { return request.page > 0; }))
        == simulator.counters().pages + static_cast<std::size_t>(in_vain));

    AccessLog const log;
    auto const again = run_program({"run"}, settings);
    CHECK(again.code == 0);
    CHECK(posts_with_rows(log.entries()) == 0);
    CHECK(summary_of(again.out).inserted == 0);
    CHECK(tally_of(again.out).stored == world.expected_row_count());
}

TEST_CASE("a conversation that is in the table by both of its ids is told once")
{
    auto const world = World::make({.conversations = 3});
    Simulator const simulator{world};
    auto const uuid = world.uuid(1);
    auto const number = conversation_number(1);
    bool const number_first = GENERATE(true, false);
    store_only({world.uuid(0), number_first ? number : uuid, number_first ? uuid : number, conversation_number(2)});
    auto const run = run_program({"run"}, settings_for(simulator));
    CHECK(run.code == 0);
    auto const notes = lines_of(run.err);
    CAPTURE(run.err);
    CHECK(std::ranges::count_if(notes, [&](auto const& line) {
        return line.find("conversations " + number + " and " + uuid + " of the table are one at Freshchat")
            != std::string::npos;
    }) == 1);
}
