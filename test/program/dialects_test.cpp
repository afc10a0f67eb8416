// Newer PostgREST behind the hosted gateway: their passing faults, met in one run over a whole world, cost no row.

#include "program/tables.hpp"
#include "support/fault_proxy.hpp"
#include "support/program_run.hpp"
#include "support/stack.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace backfill::test;

TEST_CASE("the passing faults of newer servers cost no row and no conversation")
{
    auto const dialect = GENERATE(Dialect::v12, Dialect::v14, Dialect::hosted);
    auto const world = World::make({.conversations = 60, .one_long = 700});
    store_only(world);
    Simulator const simulator{world};
    // In an empty table nothing would be looked up.
    auto const begun = summary_of(run_program({"run", "--limit", "5"}, settings_for(simulator)).out).inserted;
    REQUIRE(begun > 0);
    FaultProxy const proxy{Stack::local().value("HTTP_URL"),
        {{.conversation = place::kPreflight,
             .times = 3,
             .status = 401,
             .code = "PGRST303",
             .message = "JWT issued at future"},
            {.conversation = place::kColumns, .status = 404, .code = "PGRST205"},
            {.conversation = place::kWorkList,
                .times = 7,
                .status = 503,
                .code = "PGRST002",
                .retry_after = RetryAfter::zero},
            {.conversation = place::kStoredIds, .status = 504, .body = ErrorBody::text},
            {.conversation = place::kUpsert, .status = 500, .code = "54001"}},
        dialect};
    auto const settings = with(settings_for(simulator),
        {{"SUPABASE_URL", proxy.base_url()}, {"SUPABASE_SERVICE_ROLE_KEY", Stack::local().value("SECRET_KEY")}});
    auto const run = run_program({"run"}, settings);
    CAPTURE(run.err);
    CHECK(run.code == 0);
    CHECK(proxy.strikes() == 13);
    CHECK(compare_with(world) == kEqual);
    CHECK(begun + summary_of(run.out).inserted == world.expected_row_count());
    auto const again = run_program({"run"}, settings);
    CHECK(again.code == 0);
    CHECK(summary_of(again.out).inserted == 0);
}
