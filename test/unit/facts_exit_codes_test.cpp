#include "app/facts/exit_codes.hpp"

#include <catch2/catch.hpp>

using namespace backfill::app;

TEST_CASE("of several exit codes the one that matters most is returned, and each has its meaning")
{
    RunSnapshot failed;
    failed.conversations.failed = 1;
    CHECK(exit_code(Ending::fatal, 15, {}, failed) == 1);
    CHECK(exit_code(Ending::stopped, 15, "No space", failed) == 1);
    CHECK(exit_code(Ending::stopped, 15, {}, failed) == 143);
    CHECK(exit_code(Ending::stopped, 0, {}, failed) == 10);
    CHECK(exit_code(Ending::complete, 15, {}, failed) == 3); // the signal came too late
    CHECK(exit_code(Ending::complete, 0) == 0);
    RunSnapshot fresh;
    fresh.messages.fresh = 1;
    CHECK(exit_code(Ending::complete, 0, {}, fresh, Fresh::stored) == 0);
    CHECK(exit_code(Ending::complete, 0, {}, fresh, Fresh::missing) == 3);
    CHECK(exit_code_text(3).outcome == "finished, but something failed or differs");
    CHECK(exit_code_text(143).outcome == "stopped by a signal");
}
