#include "support/scripted_transport.hpp"
#include "support/supabase_side.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/version.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace backfill::test {
namespace {

using namespace std::chrono_literals;
using supabase::column_name;
using supabase::list_value;
using Kind = http::TransportError::Kind;
using Method = http::Request::Method;

supabase::Query const kIds{"Message", "select=id", "count=exact", {"id"}};

Clock::Duration total(std::vector<Clock::Duration> const& naps)
{
    Clock::Duration sum{};
    for (auto const nap : naps) {
        sum += nap;
    }
    return sum;
}

TEST_CASE("A read names the table in its path and carries the key, what it accepts and who asks")
{
    ScriptedSide side{Script::always(reply(200, "[]")), "a.b.c"};
    side.postgrest.get({"Müll, \"x\"/y", "select=id&limit=1", "count=exact", {"id"}}, side.stop);
    REQUIRE(side.request_count() == 1);
    auto const request = side.requests()[0];
    CHECK(request.method == Method::get);
    CHECK(request.target == "/M%C3%BCll%2C%20%22x%22%2Fy?select=id&limit=1");
    CHECK(header_of(request, "apikey") == "a.b.c");
    CHECK(header_of(request, "Authorization") == "Bearer a.b.c");
    CHECK(header_of(request, "Accept") == "application/json");
    CHECK(header_of(request, "User-Agent") == user_agent());
    CHECK(header_of(request, "User-Agent").find("Mozilla") == std::string::npos);
    CHECK(header_of(request, "Prefer") == "count=exact");
    CHECK(header_of(request, "Content-Type").empty());
}

TEST_CASE("A write carries its body, its type and no empty Prefer header")
{
    ScriptedSide side{Script::always(reply(201, "[]"))};
    side.postgrest.post({"Message", "on_conflict=id", "", {"id"}}, "[{}]", side.stop);
    auto const request = side.requests().at(0);
    CHECK(request.method == Method::post);
    CHECK(request.body == "[{}]");
    CHECK(header_of(request, "Content-Type") == "application/json");
    CHECK(std::ranges::count(request.headers, "Prefer", &http::Header::first) == 0);
}

TEST_CASE("A read with an odd key sends no Authorization header")
{
    auto const key =
        GENERATE(as<std::string>{}, "sb_secret_abc", "sb_publishable_abc", "nodots", "two.parts", "a.b.c.d");
    ScriptedSide side{Script::always(reply(200, "[]")), key};
    side.postgrest.get(kIds, side.stop);
    CHECK(header_of(side.requests()[0], "apikey") == key);
    CHECK(header_of(side.requests()[0], "Authorization").empty());
}

TEST_CASE("An answer's rows, total and applied preference are read")
{
    ScriptedSide side{Script::always(
        reply(206, R"([{"id":"ä\"\\","n":12345678901234567,"x":null},{"id":"","n":1.5,"x":"é\ud83d\ude00"}])",
            {{"content-range", "0-1/2519"}, {"preference-applied", "resolution=ignore-duplicates"}}))};
    using Rows = std::vector<supabase::KeyTexts>;
    auto const answer = side.postgrest.get({"T", "select=*", "", {"x", "id"}}, side.stop);
    CHECK(answer.rows == Rows{{"", "ä\"\\"}, {"é😀", ""}});
    auto const others = side.postgrest.get({"T", "select=*", "", {"n", "absent"}}, side.stop);
    CHECK(others.rows == Rows{{"12345678901234567", ""}, {"1.5", ""}});
    CHECK(answer.total == 2519);
    CHECK(answer.preference_applied == "resolution=ignore-duplicates");
    CHECK(answer.fault == supabase::Fault::none);
    CHECK(answer.failure.empty());
}

TEST_CASE("A Content-Range without a number gives no total")
{
    auto const range = GENERATE(as<std::string>{}, "0-1/*", "*/*", "", "0-1", "0-1/");
    ScriptedSide side{Script::always(reply(200, "[]", {{"Content-Range", range}}))};
    CHECK_FALSE(side.postgrest.get(kIds, side.stop).total.has_value());
}

TEST_CASE("A 2xx that is not a list of rows is asked for again, at most six times")
{
    auto const body = GENERATE(as<std::string>{}, "", "[", R"([{"id":"a"},)", R"([{"id":"a"}] x)", "{}", "null", "[1]",
        R"([{"id":"a"},"b"])", "no json", "\"<\"");
    CAPTURE(body);
    SECTION("and taken when it comes whole")
    {
        ScriptedSide side{{reply(200, body), reply(200, R"([{"id":"whole"}])")}};
        auto const answer = side.postgrest.get(kIds, side.stop);
        REQUIRE(answer.rows.size() == 1);
        CHECK(answer.rows[0][0] == "whole");
        CHECK(side.clock.naps().size() == 1);
    }
    SECTION("and the batch fails when it never does")
    {
        ScriptedSide side{Script::always(reply(200, body))};
        auto const text = text_of<BatchError>([&] { side.postgrest.get(kIds, side.stop); });
        CHECK(text.find("Message") != std::string::npos);
        CHECK(text.find("gave up after 6 tries") != std::string::npos);
        CHECK(side.request_count() == 6);
    }
}

TEST_CASE("A 2xx with HTML is fatal at once: that is not Supabase")
{
    auto const status = GENERATE(200, 201, 206);
    auto const body = GENERATE(as<std::string>{}, "<html>login</html>", " \r\n\t<!DOCTYPE html>");
    ScriptedSide side{Script::always(reply(status, body))};
    auto const text = text_of<FatalError>([&] { side.postgrest.get(kIds, side.stop); });
    CHECK(text.find("SUPABASE_URL") != std::string::npos);
    CHECK(side.request_count() == 1);
}

TEST_CASE("Retry-After is obeyed when it is longer than the backoff")
{
    auto const status = GENERATE(429, 503);
    ScriptedSide side{{reply(status, "", {{"Retry-After", "7"}}), reply(200, "[]")}};
    side.postgrest.get(kIds, side.stop);
    CHECK(total(side.clock.naps()) == 7s);
    CHECK(side.clock.slept() == 7s);
}

TEST_CASE("A Retry-After of 0, shorter than the backoff or unreadable does not shorten it")
{
    auto const value = GENERATE(as<std::string>{}, "0", "-3", "soon", "");
    ScriptedSide side{{reply(503, "", {{"Retry-After", value}}), reply(200, "[]")}};
    side.postgrest.get(kIds, side.stop);
    CHECK(side.clock.slept() >= 500ms);
    CHECK(side.clock.slept() <= 750ms);
}

TEST_CASE("A Retry-After as a date is measured from the server's own clock")
{
    ScriptedSide side{
        {reply(503, "", {{"Date", "Mon, 06 Jul 2015 10:00:00 GMT"}, {"Retry-After", "Mon, 06 Jul 2015 10:01:00 GMT"}}),
            reply(200, "[]")}};
    side.postgrest.get(kIds, side.stop);
    CHECK(side.clock.slept() == 60s);
}

TEST_CASE("A server that asks for more than a quarter of an hour is not waited for, and the message says so")
{
    ScriptedSide side{Script::always(reply(503, "", {{"Retry-After", "901"}}))};
    auto const text = text_of<BatchError>([&] { side.postgrest.get(kIds, side.stop); });
    CAPTURE(text);
    CHECK(side.request_count() == 1);
    CHECK(side.clock.naps().empty());
    CHECK(text.find("901 s") != std::string::npos);
}

TEST_CASE("No backoff is longer than 30 s and none is missing its doubling")
{
    auto const policy = supabase::retry_policy();
    CHECK(policy.tries == 6);
    auto const random = GENERATE(0.0, 0.999);
    for (int retry = 1; retry < 40; ++retry) {
        auto const base = std::min<long long>(30'000, 500LL << std::min(retry - 1, 20));
        auto const wait = calls::backoff(policy, retry, random).count();
        CHECK(wait >= (random > 0 ? base * 149 / 100 : base));
        CHECK(wait <= base * 3 / 2);
    }
}

TEST_CASE("A column that a stale schema cache hid is found by the second look")
{
    auto const code = GENERATE(as<std::string>{}, "PGRST204", "42703");
    ScriptedSide side{{reply(400, R"({"code":")" + code + R"(","message":"no column"})"), reply(200, "[]")}};
    side.postgrest.get(kIds, side.stop);
    CHECK(side.clock.naps() == std::vector<Clock::Duration>{5s});
}

TEST_CASE("What is missing after a reload is missing: the next call does not wait for another one")
{
    auto const missing = reply(400, R"({"code":"42703","message":"no column"})");
    ScriptedSide side{Script::always(missing)};
    CHECK_THROWS(side.postgrest.get(kIds, side.stop));
    CHECK_THROWS(side.postgrest.get(kIds, side.stop));
    CHECK(side.request_count() == 3);
    side.clock.advance(1min);
    CHECK_THROWS(side.postgrest.get(kIds, side.stop));
    CHECK(side.request_count() == 5);
}

TEST_CASE("Passing faults of different kinds count together")
{
    ScriptedSide side{{reply(503), no_reply(Kind::closed), reply(429), reply(200, "["), reply(500), reply(200, "[]")}};
    CHECK_NOTHROW(side.postgrest.get(kIds, side.stop));
    CHECK(side.clock.naps().size() == 5);
}

TEST_CASE("A failure names the server's request id")
{
    auto const name = GENERATE(as<std::string>{}, "x-request-id", "sb-request-id");
    ScriptedSide side{Script::always(reply(400, "", {{name, "req-17"}}))};
    CHECK(text_of<BatchError>([&] { side.postgrest.get(kIds, side.stop); }).find("req-17") != std::string::npos);
}

TEST_CASE("A stop ends a call, a backoff and the wait for the schema cache")
{
    SECTION("before it began")
    {
        ScriptedSide side{std::vector<http::Outcome>{}};
        side.stopping.request_stop();
        CHECK_THROWS_AS(side.postgrest.get(kIds, side.stop), Stopped);
        CHECK(side.request_count() == 0);
    }
    SECTION("in the backoff")
    {
        ScriptedSide side{{reply(503)}};
        side.clock.on_nap([&](auto) { side.stopping.request_stop(); });
        CHECK_THROWS_AS(side.postgrest.get(kIds, side.stop), Stopped);
        CHECK(side.request_count() == 1);
    }
    SECTION("while the schema cache may load")
    {
        ScriptedSide side{{reply(400, R"({"code":"PGRST204"})")}};
        side.clock.on_nap([&](auto) { side.stopping.request_stop(); });
        CHECK_THROWS_AS(side.postgrest.get(kIds, side.stop), Stopped);
    }
    SECTION("in flight")
    {
        ScriptedSide side{{no_reply(Kind::stopped)}};
        CHECK_THROWS_AS(side.postgrest.get(kIds, side.stop), Stopped);
    }
}

TEST_CASE("The key is in no line and no message")
{
    auto const status = GENERATE(200, 401, 503);
    std::string const key = "sb_secret_0123456789";
    ScriptedSide side{Script::always(reply(status, "no json")), key};
    std::string text;
    try {
        side.postgrest.get(kIds, side.stop);
    } catch (std::exception const& failure) {
        text = failure.what();
    }
    CHECK_FALSE(text.empty());
    CHECK((text + side.written()).find("0123456789") == std::string::npos);
}

TEST_CASE("A value in a list stays bare only when it is made of letters, digits, _ and -")
{
    CHECK(list_value("conv_abc-123") == "conv_abc-123");
    CHECK(list_value("") == "%22%22");
    CHECK(list_value("a,b") == "%22a%2Cb%22");
    CHECK(list_value("a\"b") == "%22a%5C%22b%22");
    CHECK(list_value("a\\b") == "%22a%5C%5Cb%22");
    CHECK(list_value("(a)") == "%22%28a%29%22");
    CHECK(list_value("100%") == "%22100%25%22");
    CHECK(list_value("a+b c") == "%22a%2Bb%20c%22");
    CHECK(list_value("a.b") == "%22a.b%22");
    CHECK(list_value("ä") == "%22%C3%A4%22");
}

TEST_CASE("A column name stays bare only when it is made of letters, digits and _")
{
    CHECK(column_name("conversation_id2") == "conversation_id2");
    CHECK(column_name("a-b") == "%22a-b%22");
    CHECK(column_name("order") == "%22order%22"); // else a filter on it is a parameter of PostgREST
    CHECK(column_name("a b") == "%22a%20b%22");
    CHECK(column_name("a\"b,c") == "%22a%5C%22b%2Cc%22");
}

} // namespace
} // namespace backfill::test
