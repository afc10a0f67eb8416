#include "support/gate_pass.hpp"
#include "support/instant_clock.hpp"
#include "support/scripted_transport.hpp"
#include "support/silent_calls.hpp"

#include "backfill/calls/client.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/http/endpoint.hpp"

#include <catch2/catch.hpp>

using namespace backfill;
using namespace backfill::calls;
using namespace backfill::http;
using namespace backfill::test;
using namespace std::chrono_literals;

namespace {

/// What the client tells while it works.
struct Heard final : CallObserver {
    void attempt_ended(Attempt const& attempt) override
    {
        lines.push_back(std::string{attempt.side} + " " + attempt.request.target + " " + describe(attempt.outcome) + " "
            + std::to_string(std::chrono::floor<std::chrono::milliseconds>(attempt.took).count()));
    }
    void retry_follows(std::string_view side, Outcome const& failed, int next_try, int tries) override
    {
        lines.push_back(
            std::string{side} + " " + describe(failed) + " " + std::to_string(next_try) + "/" + std::to_string(tries));
    }
    std::vector<std::string> lines;
};

struct Bench {
    explicit Bench(std::vector<Outcome> outcomes) : script{std::move(outcomes)} {}
    CallResult<Reply> call()
    {
        return client.call(
            {Request::Method::get, "/x?y=1", {{"Authorization", "Bearer hunter2"}}, {}}, read_ok, stop.get_token());
    }

    Script script;
    InstantClock clock;
    RateGate gate{clock};
    Heard heard;
    Client client{"side", script.transport(), gate, {}, clock, heard};
    std::stop_source stop;
};

} // namespace

TEST_CASE("backoff doubles from the first wait to the cap and adds up to the jitter")
{
    RetryPolicy const policy{.tries = 9, .first = 500ms, .cap = 30s, .jitter = 0.1};
    CHECK(backoff(policy, 1, 0.0) == 500ms);
    CHECK(backoff(policy, 2, 0.0) == 1s);
    CHECK(backoff(policy, 3, 0.5) == 2100ms);
    CHECK(backoff(policy, 7, 0.0) == 30s);
    CHECK(backoff(policy, 60, 0.0) == 30s);
}

TEST_CASE("the retry loop says how it ended")
{
    Bench good{{reply(503), reply(200)}};
    CHECK(std::get<Reply>(good.call()).status == 200);
    Bench bad{{reply(503), reply(503), reply(503), reply(503)}};
    CHECK(failure_of(bad.call()) == "HTTP 503 (gave up after 4 tries)");
    Bench refused{{reply(418)}};
    CHECK(failure_of(refused.call()) == "HTTP 418");
    Bench gone{{no_reply(TransportError::Kind::timeout, "no answer in 60 s"), reply(404)}};
    CHECK(failure_of(gone.call()) == "HTTP 404");
}

TEST_CASE("an observer is told of every attempt, its outcome and its time, and of the retry that follows")
{
    Bench bench{{reply(503), no_reply(TransportError::Kind::closed), reply(200)}};
    bench.call();
    CHECK(bench.heard.lines
        == std::vector<std::string>{"side /x?y=1 HTTP 503 0", "side HTTP 503 2/4", "side /x?y=1 Connection closed 0",
            "side Connection closed 3/4", "side /x?y=1 HTTP 200 0"});
}

TEST_CASE("a Retry-After keeps every caller of the gate waiting, also one that asks for less later")
{
    InstantClock clock;
    RateGate gate{clock};
    auto const start = clock.now();
    gate.pause_until(start + 20s);
    gate.pause_until(start + 5s);
    CHECK(passes(gate));
    CHECK(clock.now() == start + 20s);
}

TEST_CASE("a pause that grows while somebody waits is kept by him too")
{
    InstantClock clock;
    RateGate gate{clock};
    auto const start = clock.now();
    gate.pause_until(start + 5s);
    clock.on_nap([&](Clock::Duration nap) {
        if (nap == 5s) {
            gate.pause_until(start + 30s);
        }
    });
    CHECK(passes(gate));
    CHECK(clock.now() == start + 30s);
}

TEST_CASE("what a gate tells of its traffic counts waits and calls that have not ended yet")
{
    InstantClock clock;
    RateGate gate{clock};
    gate.pause_until(clock.now() + 30s);
    Traffic during;
    clock.on_nap([&](Clock::Duration) {
        clock.advance(10s);
        during = gate.traffic();
    });
    CHECK(passes(gate));
    CHECK(during.waited == 10s);
    CHECK(during.waiting == 1);
    CHECK(during.next_slot_in == 20s);
    CHECK(during.in_calls == 0s);
    auto const sent = clock.now();
    clock.advance(2s);
    CHECK(gate.traffic().in_calls == 2s);
    clock.advance(1s);
    gate.answered(sent, reply(200));
    clock.advance(5s);
    auto const after = gate.traffic();
    CHECK(after.in_calls == 3s);
    CHECK(after.waited == 30s);
    CHECK(after.waiting == 0);
    CHECK(after.next_slot_in == 0s);
}

TEST_CASE("while the rate is still doubled, what spaces the calls is no quota: neither unknown nor far away")
{
    InstantClock clock;
    RateGate gate{clock, {}};
    auto const call = [&](Reply const& answer) {
        REQUIRE(passes(gate));
        gate.answered(clock.now(), answer);
    };
    auto const limit = GENERATE(as<std::string>{}, "", "100000");
    auto const accepted = reply(200, "", {{"X-RateLimit-Limit", limit}});
    for (int i = 0; i < 60; ++i) {
        call(accepted);
    }
    CHECK(gate.traffic().waited == 0s);
    CHECK(clock.slept() > 10s);
    CHECK(gate.traffic().warmup == clock.slept());
    call(reply(429));
    auto const before = clock.slept();
    call(accepted); // after a pause
    CHECK(gate.traffic().waited == clock.slept() - before);
    CHECK(gate.traffic().warmup == before);
    CHECK(gate.traffic().waited > 0s);
}

TEST_CASE("a quota that is given, remembered, or declared below the first rate spaces the calls from the start")
{
    InstantClock clock;
    auto const [given, remembered, limit] =
        GENERATE(table<double, double, std::string>({{100, 0, ""}, {0, 100, ""}, {0, 0, "100"}}));
    RateGate gate{clock, {.max_per_minute = given, .remembered_per_minute = remembered}};
    for (int i = 0; i < 60; ++i) {
        REQUIRE(passes(gate));
        gate.answered(clock.now(), reply(200, "", {{"X-RateLimit-Limit", limit}}));
    }
    CHECK(gate.traffic().waited > 25s);
    CHECK(gate.traffic().warmup <= 1s); // before the first answer
}

TEST_CASE("the wait between two tries is the side's latency")
{
    Bench bench{{reply(503), reply(503), reply(200)}};
    bench.call();
    auto const traffic = bench.gate.traffic();
    CHECK(traffic.in_calls >= 3s);
    CHECK(traffic.in_calls == bench.clock.slept());
    CHECK(traffic.waited == 0s);
}

TEST_CASE("a stop ends the wait at the gate")
{
    InstantClock clock;
    RateGate gate{clock};
    std::stop_source stop;
    gate.pause_until(clock.now() + 1h);
    clock.on_nap([&](auto) { stop.request_stop(); });
    CHECK_FALSE(passes(gate, stop.get_token()));
}

TEST_CASE("Retry-After is read as seconds or as a date of the server's own clock")
{
    auto const now = std::chrono::system_clock::from_time_t(1'700'000'000); // Tue, 14 Nov 2023 22:13:20 GMT
    auto const read = [&](std::string const& value, std::vector<Header> more = {}) {
        more.emplace_back("retry-after", value);
        return retry_after(reply(429, "", more), now);
    };
    CHECK(read("120") == 120s);
    CHECK(read("1.5") == 1s);
    CHECK_FALSE(read("0"));
    CHECK_FALSE(read("-3"));
    CHECK_FALSE(read(""));
    CHECK_FALSE(read("12 apples"));
    CHECK_FALSE(read("soon"));
    CHECK(read("99999999999999999999") > 24h);
    CHECK(read("Tue, 14 Nov 2023 22:14:20 GMT") == 60s);
    CHECK(read("Tuesday, 14-Nov-23 22:14:20 GMT") == 60s);
    CHECK_FALSE(read("Tue, 14 Nov 2023 22:12:20 GMT"));
    CHECK(read("Tue, 14 Nov 2023 22:14:20 GMT", {{"Date", "Tue, 14 Nov 2023 22:14:10 GMT"}}) == 10s);
    CHECK_FALSE(retry_after(reply(429), now));
    CHECK(read("5, 1800,30") == 1800s); // a proxy on the way added its own
    CHECK(read("5, soon") == 5s);
    CHECK_FALSE(read(","));
    CHECK(read("5", {{"Retry-After", "90"}}) == 90s);
    CHECK(read("5", {{"Retry-After", "Tue, 14 Nov 2023 22:14:20 GMT"}}) == 60s);
}

TEST_CASE("a 429 that only declares when the quota is there again asks to wait that long")
{
    auto const now = std::chrono::system_clock::from_time_t(1'700'000'000);
    auto const read = [&](int status, std::vector<Header> const& headers) {
        return retry_after(reply(status, "", headers), now);
    };
    CHECK(read(429, {{"X-RateLimit-Reset", "1800"}}) == 1800s);
    CHECK(read(429, {{"X-RateLimit-Reset", "1800"}, {"X-RateLimit-Remaining", "0"}}) == 1800s);
    CHECK(read(429, {{"X-RateLimit-Reset", "1700001800"}, {"Date", "Tue, 14 Nov 2023 22:13:20 GMT"}}) == 1800s);
    CHECK(read(429, {{"X-RateLimit-Reset", "1800"}, {"Retry-After", "2"}}) == 2s);
    CHECK_FALSE(read(429, {{"X-RateLimit-Reset", "1800"}, {"X-RateLimit-Remaining", "7"}})); // of another window
    CHECK_FALSE(read(503, {{"X-RateLimit-Reset", "1800"}}));
}

TEST_CASE("a Retry-After beyond what clocks count is a long wait, not an overflow")
{
    auto const now = std::chrono::system_clock::from_time_t(1'700'000'000);
    auto const read = [&](std::string const& value, std::string const& date) {
        return retry_after(reply(429, "", {{"Retry-After", value}, {"Date", date}}), now);
    };
    std::chrono::seconds const year = std::chrono::years{1};
    CHECK(read("9223372036854775807", "") == year);
    CHECK(read("9223372036854775808", "") == year);
    CHECK(read("Fri, 31 Dec 9999 23:59:59 GMT", "") == year);
    CHECK(read("Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT") == year);
    CHECK_FALSE(read("Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"));
    CHECK(read("60", "Fri, 31 Dec 9999 23:59:59 GMT") == 60s);
}

TEST_CASE("failures are named for people, with the server's request id and nothing that steers a terminal")
{
    CHECK(describe(reply(503)) == "HTTP 503");
    CHECK(describe(reply(500, "", {{"X-Request-Id", "r\x1B[1m"}, {"sb-request-id", "s1"}}))
        == "HTTP 500 (sb-request-id s1)"); // what is no id could be anything
    std::string const longest(100, '7');
    CHECK(describe(reply(500, "", {{"X-Request-Id", longest}, {"sb-request-id", longest + "7"}}))
        == "HTTP 500 (x-request-id " + longest + ")");
    CHECK(describe(no_reply(TransportError::Kind::timeout)) == "Connection timeout");
    CHECK(describe(no_reply(TransportError::Kind::connect, "refused")) == "Connection failed: refused");
}

TEST_CASE("what may pass is an allow-list")
{
    for (int const status : {408, 425, 429, 500, 502, 503, 504, 520, 599}) {
        CHECK(may_pass(reply(status)));
    }
    for (int const status : {200, 204, 301, 302, 400, 401, 403, 404, 409, 410, 418, 422}) {
        CHECK_FALSE(may_pass(reply(status)));
    }
    CHECK_FALSE(may_pass(no_reply(TransportError::Kind::tls)));
    CHECK(may_pass(no_reply(TransportError::Kind::truncated)));
}

TEST_CASE("percent-encoding leaves unreserved characters only")
{
    CHECK(percent_encoded("AZaz09-._~") == "AZaz09-._~");
    CHECK(percent_encoded("a b+c/d?e&f=g%h\"(),:é\n") == "a%20b%2Bc%2Fd%3Fe%26f%3Dg%25h%22%28%29%2C%3A%C3%A9%0A");
}

TEST_CASE(
    "a call whose kept connection was closed is tried again at once, only once, and where it has a single try, too")
{
    TransportError const stale{TransportError::Kind::closed, "before the answer", true};
    Bench bench{{stale, reply(200, "ok")}};
    CHECK(failure_of(bench.call()).empty());
    CHECK(bench.clock.slept() == 0s);
    CHECK(bench.heard.lines.at(1) == "side Connection closed: before the answer 2/4");
    Bench twice{{stale, stale, reply(200, "ok")}};
    CHECK(failure_of(twice.call()).empty());
    CHECK(twice.clock.slept() >= 1s);
    Script script{{stale, reply(200, "ok")}};
    Client once{"side", script.transport(), bench.gate, {.tries = 1}, bench.clock, bench.heard};
    CHECK(failure_of(once.call({}, read_ok, {})).empty());
}
