#include "backfill/app/report.hpp"

#include "support/instant_clock.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>

using namespace backfill;
using namespace backfill::app;

namespace {

struct Desk {
    Log log{[](auto) {}, [](auto) {}, false};
    Settings settings;
    test::InstantClock clock;
    Report report{settings, clock, log};
};

} // namespace

TEST_CASE("counts of a conversation that do not add up are an internal error, never a line")
{
    auto const counts = GENERATE(MessageCounts{.fetched = 2, .fresh = 1}, MessageCounts{.fetched = 1, .fresh = 2},
        MessageCounts{.fetched = 4, .fresh = 1, .stored = 1, .excluded = 1, .failed = 2},
        MessageCounts{.fetched = 0, .excluded = 1});
    Desk desk;
    CHECK_THROWS_AS(desk.report.conversation_done("c", counts), std::logic_error);
    CHECK_THROWS_AS(desk.report.conversation_failed("c", "why", counts), std::logic_error);
}

TEST_CASE("a run whose conversations are not all accounted for is an internal error")
{
    Desk desk;
    desk.report.found(2, 2);
    desk.report.conversation_done("a", {.fetched = 4, .fresh = 1, .stored = 1, .excluded = 1, .failed = 1});
    CHECK_THROWS_AS(desk.report.expect_all_accounted_for(), std::logic_error);
    desk.report.conversation_failed("b", "why");
    CHECK_NOTHROW(desk.report.expect_all_accounted_for());
    desk.report.conversation_done("b", {});
    CHECK_THROWS_AS(desk.report.expect_all_accounted_for(), std::logic_error);
}
