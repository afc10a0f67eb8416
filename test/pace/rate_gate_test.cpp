#include "support/gate_pass.hpp"
#include "support/instant_clock.hpp"
#include "support/quota_model.hpp"
#include "support/scripted_transport.hpp"
#include "support/silent_calls.hpp"

#include "backfill/calls/client.hpp"
#include "backfill/core/errors.hpp"

#include <catch2/catch.hpp>

using namespace backfill;
using namespace backfill::calls;
using namespace backfill::http;
using namespace backfill::test;
using namespace std::chrono_literals;

namespace {

/// One caller, no latency: time moves only while it waits at the gate.
struct Bench {
    explicit Bench(QuotaOptions const& options) : gate{clock, options} {}

    void call(Reply const& answer)
    {
        REQUIRE(passes(gate));
        gate.answered(clock.now(), answer);
    }
    /// Calls accepted in so much time.
    int calls_in(std::chrono::seconds length, std::vector<Header> const& headers = {})
    {
        auto const end = clock.now() + length;
        int calls = 0;
        for (; clock.now() < end; ++calls) {
            call(Reply{200, headers, {}});
        }
        return calls;
    }

    InstantClock clock;
    RateGate gate;
};

Reply const kTooMany{429, {}, {}};

} // namespace

TEST_CASE("a given quota is used by its share from the first call on, and never exceeded")
{
    Bench bench{{.max_per_minute = 600, .share = 0.5}};
    auto const calls = bench.calls_in(10min);
    CHECK(calls >= 2990);
    CHECK(calls <= 3005);
    CHECK(bench.gate.traffic().origin == CeilingOrigin::given);
    CHECK(bench.gate.traffic().ceiling_per_minute == Approx(600));
}

TEST_CASE("shards divide a given quota")
{
    Bench bench{{.max_per_minute = 600, .share = 1, .shards = 4}};
    auto const calls = bench.calls_in(60s);
    CHECK(calls >= 149);
    CHECK(calls <= 152);
}

TEST_CASE("without a quota to go by the rate doubles every ten seconds from two a second")
{
    Bench bench{{}};
    CHECK(bench.calls_in(10s) == Approx(20).margin(2));
    CHECK(bench.calls_in(10s) == Approx(40).margin(3));
    CHECK(bench.calls_in(10s) == Approx(80).margin(4));
    CHECK(bench.gate.traffic().origin == CeilingOrigin::none);
}

TEST_CASE("a rate that nobody uses does not grow")
{
    Bench bench{{}};
    for (int i = 0; i < 60; ++i) {
        bench.call(Reply{200, {}, {}});
        bench.clock.advance(2s);
    }
    CHECK(bench.calls_in(10s) == Approx(20).margin(2));
}

TEST_CASE("a remembered ceiling is where the next run begins, below its share")
{
    Bench bench{{.share = 0.5, .remembered_per_minute = 1200}};
    CHECK(bench.calls_in(60s) == Approx(1200 * 0.5 * 0.97).margin(3));
    CHECK(bench.gate.traffic().origin == CeilingOrigin::learned);
    Bench lower{{.max_per_minute = 600, .share = 1, .remembered_per_minute = 120}};
    CHECK(lower.gate.traffic().ceiling_per_minute == Approx(120));
    CHECK(lower.gate.traffic().origin == CeilingOrigin::learned);
    lower.calls_in(10min); // what is given is no promise, but it is looked for
    CHECK(lower.gate.traffic().ceiling_per_minute > 500);
}

TEST_CASE("a given quota below the remembered ceiling holds, and is not taken for learned")
{
    Bench bounded{{.max_per_minute = 60, .share = 1, .remembered_per_minute = 1200}};
    CHECK(bounded.calls_in(60s) <= 62);
    CHECK(bounded.gate.traffic().ceiling_per_minute == Approx(60));
    CHECK(bounded.gate.traffic().origin == CeilingOrigin::given);
}

TEST_CASE("shards divide a remembered ceiling, which is the host's")
{
    Bench bench{{.share = 1, .remembered_per_minute = 1200, .shards = 4}};
    CHECK(bench.gate.traffic().ceiling_per_minute == Approx(300));
    Bench given{{.max_per_minute = 1000, .share = 1, .remembered_per_minute = 1200, .shards = 4}};
    CHECK(given.gate.traffic().ceiling_per_minute == Approx(250));
    CHECK(given.gate.traffic().origin == CeilingOrigin::given);
}

TEST_CASE("a 429 with a hint pauses everyone for it, and one call goes ahead then")
{
    Bench bench{{.max_per_minute = 600, .share = 1}};
    bench.calls_in(5s);
    auto const rejected = bench.clock.now();
    bench.call(Reply{429, {{"Retry-After", "7"}}, {}});
    REQUIRE(passes(bench.gate));
    CHECK(bench.clock.now() - rejected >= 7s);
    CHECK(bench.clock.now() - rejected < 8s);
    auto const scout = bench.clock.now();
    REQUIRE(passes(bench.gate)); // not answered yet: the second one waits for it
    CHECK(bench.clock.now() - scout >= 1s);
}

TEST_CASE("rejections of calls that were under way when the pause began change nothing")
{
    Bench bench{{}};
    bench.calls_in(45s);
    auto const sent = bench.clock.now();
    bench.call(kTooMany);
    auto const ceiling = bench.gate.traffic().ceiling_per_minute;
    for (int i = 0; i < 10; ++i) {
        bench.gate.answered(sent, kTooMany);
    }
    CHECK(bench.gate.traffic().ceiling_per_minute == ceiling);
}

TEST_CASE("a declared total bounds the rate at once, by its share, and its rest is not used up")
{
    Bench bench{{.share = 1}};
    auto const name = GENERATE(as<std::string>{}, "X-RateLimit-Limit", "X-RateLimit-Total");
    std::vector<Header> const plenty{{name, "120"}, {"X-RateLimit-Remaining", "60"}};
    bench.calls_in(60s, plenty);
    CHECK(bench.calls_in(60s, plenty) == Approx(120).margin(2));
    CHECK(bench.gate.traffic().origin == CeilingOrigin::declared);
    auto const before = bench.clock.now();
    bench.call(Reply{200, {{name, "120"}, {"X-RateLimit-Remaining", "5"}, {"X-RateLimit-Reset", "9"}}, {}});
    bench.call(Reply{200, plenty, {}});
    CHECK(bench.clock.now() - before >= 9s);
}

TEST_CASE("a declared total that has nothing to do with the calls made is soon no longer believed")
{
    Bench bench{{}};
    std::vector<Header> const of_a_second{{"X-RateLimit-Limit", "10"}, {"X-RateLimit-Remaining", "9"}};
    CHECK(bench.calls_in(60s, of_a_second) <= 40); // two a second until the first answer, nine a minute then
    bench.calls_in(60s, of_a_second);
    CHECK(bench.calls_in(60s, of_a_second) > 200);
}

TEST_CASE("headers of any kind are survived")
{
    auto const value = GENERATE(as<std::string>{}, "", "-1", "0", "nan", "inf", "1e308", "x", "99999999999999999999");
    Bench bench{{}};
    std::vector<Header> const headers{
        {"X-RateLimit-Limit", value}, {"X-RateLimit-Remaining", value}, {"X-RateLimit-Reset", value}};
    CHECK(bench.calls_in(30s, headers) >= 1);
}

TEST_CASE("what is used is measured against the ceilings of their time, and is never more than all")
{
    Bench bench{{.max_per_minute = 600, .share = 1}};
    bench.calls_in(120s);
    CHECK(bench.gate.traffic().used_ratio == Approx(1).margin(0.02));
    bench.clock.advance(45s); // a quarter of the minute before the 429 was used: the ceiling is halved
    bench.call(kTooMany);
    auto const lowered = bench.gate.traffic();
    CHECK(lowered.ceiling_per_minute < 400);
    CHECK(lowered.used_ratio == Approx(120.0 / 165).margin(0.03));
    CHECK(lowered.used_ratio <= 1);
    Bench blind{{}};
    blind.calls_in(45s);
    blind.call(kTooMany);
    CHECK(blind.gate.traffic().used_ratio <= 1);
}

TEST_CASE("a few calls in a moment are no use of a quota a minute")
{
    Bench bench{{.max_per_minute = 100'000, .share = 1}};
    bench.call(Reply{200, {}, {}});
    bench.call(Reply{200, {}, {}});
    CHECK(bench.gate.traffic().used_ratio < 0.01);
    CHECK(bench.calls_in(5s) > 0);
    CHECK(bench.gate.traffic().used_ratio == Approx(1).margin(0.02)); // long enough to be told
}
