#include "support/run_desk.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>

using namespace backfill;
using namespace backfill::app;
using test::RunDesk;

TEST_CASE("counts of a conversation that do not add up are an internal error, never a line")
{
    auto const counts = GENERATE(MessageCounts{.fetched = 2, .fresh = 1}, MessageCounts{.fetched = 1, .fresh = 2},
        MessageCounts{.fetched = 4, .fresh = 1, .stored = 1, .excluded = 1, .failed = 2},
        MessageCounts{.fetched = 0, .excluded = 1});
    RunDesk desk;
    CHECK_THROWS_AS(desk.report.conversation_done("c", counts), std::logic_error);
    CHECK_THROWS_AS(
        desk.report.conversation_failed({"c", ConversationFailure::other, "why"}, counts), std::logic_error);
}

TEST_CASE("a run whose conversations are not all accounted for is an internal error")
{
    RunDesk desk;
    desk.report.found(2, 2);
    desk.report.conversation_done("a", {.fetched = 4, .fresh = 1, .stored = 1, .excluded = 1, .failed = 1});
    CHECK_THROWS_AS(desk.facts.expect_all_accounted_for(), std::logic_error);
    desk.report.conversation_failed({"b", ConversationFailure::other, "why"});
    CHECK_NOTHROW(desk.facts.expect_all_accounted_for());
    desk.report.conversation_done("b", {});
    CHECK_THROWS_AS(desk.facts.expect_all_accounted_for(), std::logic_error);
}

TEST_CASE("verbose lines name the request and never a header, and other lines never the request")
{
    http::Request const request{http::Request::Method::get, "/x?y=1", {{"Authorization", "Bearer hunter2"}}, "hunter2"};
    http::Outcome const outcome = http::Reply{503, {}, "hunter2"};
    RunDesk verbose{nullptr, true};
    verbose.report.attempt_ended({"supabase", request, outcome, std::chrono::milliseconds{7}});
    verbose.report.retry_follows("supabase", outcome, 2, 4);
    REQUIRE(verbose.events.size() == 2);
    CHECK(verbose.events[0].text == "[Backfill] supabase: GET /x?y=1 → HTTP 503, 7 ms");
    CHECK(verbose.events[1].text == "[Backfill] supabase: HTTP 503, try 2 of 4 follows");
    for (auto const& event : verbose.events) {
        for (auto const& field : event.fields) {
            auto const* text = std::get_if<std::string>(&field.value);
            CHECK((!text || text->find("hunter2") == std::string::npos));
        }
    }
    RunDesk quiet;
    quiet.report.attempt_ended({"supabase", request, outcome, std::chrono::milliseconds{7}});
    quiet.report.retry_follows("supabase", outcome, 2, 4);
    CHECK(quiet.events.empty());
    CHECK(quiet.facts.snapshot().supabase.by_outcome.at("503") == 1);
    CHECK(quiet.facts.snapshot().supabase.retried == 1);
}
