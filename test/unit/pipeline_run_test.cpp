#include "app/pipeline/run.hpp"

#include "backfill/core/errors.hpp"
#include "support/run_desk.hpp"
#include "support/supabase_side.hpp"

#include <catch2/catch.hpp>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;

TEST_CASE("of several errors that end a run the first is told")
{
    RunDesk desk;
    Connections const nowhere;
    StopTokens const never;
    LastRun const none;
    Run run{desk.settings, none, nowhere, desk.clock, never, desk.facts, desk.report};
    run.fail(std::make_exception_ptr(FatalError{"the first"}));
    run.fail(std::make_exception_ptr(FatalError{"another"}));
    CHECK(run.halted.stop_requested());
    CHECK(text_of<FatalError>([&] { run.rethrow_failure(); }) == "the first");
}
