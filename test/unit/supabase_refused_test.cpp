#include "supabase_ask.hpp"

#include "supabase/fault.hpp"

#include "backfill/core/errors.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>

namespace backfill::test {
namespace {

using namespace std::chrono_literals;

/// Answers like `first` until this time of the clock, then well.
Ending ask_until(std::chrono::seconds passes, http::Reply const& first, std::string const& key)
{
    InstantClock* clock = nullptr;
    TimePoint start{};
    ScriptedSide side{
        [&](http::Request const&) -> http::Outcome { return clock->now() - start < passes ? first : reply(200, "[]"); },
        key};
    clock = &side.clock;
    start = clock->now();
    return ask(side);
}

TEST_CASE("A schema that is read anew is waited for as long as that takes")
{
    auto const code = GENERATE(as<std::string>{}, "PGRST000", "PGRST001", "PGRST002");
    CHECK(ask_until(63s, error(503, code), service_jwt()).how == How::answered);
    auto const ending = ask_until(200s, error(503, code), service_jwt());
    CHECK(ending.how == How::batch_failed);
    CHECK(ending.text.find(code) != std::string::npos);
    CHECK(ending.tries > 6);
}

TEST_CASE("A token that Supabase mints itself and refuses is good a moment later; an expired key is not")
{
    auto const too_early = error(401, "PGRST303", "JWT issued at future");
    CHECK(ask_until(2s, too_early, "sb_secret_x").how == How::answered);
    CHECK(ask_until(2s, too_early, service_jwt()).how == How::answered);
    auto const ending = ask_until(200s, too_early, "sb_secret_x");
    CHECK(ending.how == How::fatal);
    CHECK(ending.text.find("its clock is behind") != std::string::npos);
    CHECK(ending.text.find("Check the Supabase key") == std::string::npos);
    CHECK(ask_until(2s, error(401, "PGRST303", "JWT expired"), service_jwt()).tries == 1);
}

TEST_CASE("Who refused stands in a header where the body says nothing")
{
    auto const gateway = ask(reply(401, "", {{"sb-error-code", "UNAUTHORIZED_INVALID_API_KEY"}}));
    CHECK(gateway.text.find("UNAUTHORIZED_INVALID_API_KEY") != std::string::npos);
    auto const postgrest = ask(reply(401, "<html>", {{"Proxy-Status", "PostgREST; error=PGRST301"}}));
    CHECK(postgrest.text.find("PGRST301") != std::string::npos);
}

TEST_CASE("Our own mistakes, and what the table does not know, fail the batch at once")
{
    auto const outcome = GENERATE(error(500, "21000"), error(400, "PGRST102"), error(500, "PGRST102"), reply(400),
        reply(400, R"({"message":"?"})"), reply(409), reply(418), error(500, "XX000"), error(500, "58030"));
    auto const ending = ask(outcome);
    CAPTURE(outcome.status, ending.text);
    CHECK(ending.how == How::batch_failed);
    CHECK(ending.tries == 1);
}

TEST_CASE("A code that is a number or no text at all does not hide the status")
{
    CHECK(ask(reply(429, R"({"code":429,"message":"slow down"})")).tries == 6);
    CHECK(ask(reply(404, R"({"code":404,"message":"no route"})")).how == How::fatal);
    CHECK(ask(reply(503, R"({"code":null})")).tries == 6);
    CHECK(ask(reply(503, R"({"code":{"nested":1}})")).tries == 6);
}

TEST_CASE("Control characters of a server's message are escaped")
{
    auto const text = ask(error(404, "42P01", "relation \\\"a\\u001b[2Jb\\nc\\\" does not exist")).text;
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find('\n') == std::string::npos);
    CHECK(text.find("\\x1B") != std::string::npos);
}

} // namespace
} // namespace backfill::test
