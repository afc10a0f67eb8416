// How long a call may wait at the gate, and how many calls a pace needs.

#include "support/gate_pass.hpp"
#include "support/instant_clock.hpp"
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

Reply const kThrottled{429, {}, {}};

} // namespace

TEST_CASE("waiting for quota costs no try, and ends a call after max_wait")
{
    Script script{Script::always(kThrottled)};
    InstantClock clock;
    RateGate gate{clock, {.max_wait = 5min}};
    SilentCalls silent;
    Client client{"side", script.transport(), gate, {.max_retry_after = 5min}, clock, silent};
    auto const start = clock.now();
    auto const failure = failure_of(client.call({}, read_ok, {}));
    CHECK(failure.starts_with("HTTP 429 (gave up after waiting "));
    CHECK(failure.ends_with(" s for quota)"));
    CHECK(clock.now() - start >= 4min); // one more pause, a minute at most, would have been too much
    CHECK(clock.now() - start <= 5min);
    CHECK(script.request_count() > 4);
}

TEST_CASE("a call that would have to wait longer than max_wait in all gives up before it does")
{
    auto const after_hint = GENERATE(299s, 300s);
    Script script{{Reply{429, {{"Retry-After", "1"}}, {}},
        Reply{429, {{"Retry-After", after_hint == 299s ? "299" : "300"}}, {}}, Reply{200, {}, {}}}};
    InstantClock clock;
    RateGate gate{clock, {.max_wait = 5min}};
    SilentCalls silent;
    Client client{"side", script.transport(), gate, {.max_retry_after = 5min}, clock, silent};
    auto const start = clock.now();
    auto const failure = failure_of(client.call({}, read_ok, {}));
    if (after_hint == 299s) {
        CHECK(failure.empty());
    } else {
        CHECK(failure == "HTTP 429 (gave up after waiting 1 s for quota)");
        CHECK(clock.now() - start < 2s);
    }
}

TEST_CASE("the pause that a call finds at the gate counts too")
{
    Script script{{kThrottled, Reply{200, {}, {}}}};
    InstantClock clock;
    RateGate gate{clock, {.max_wait = 5min}};
    SilentCalls silent;
    Client client{"side", script.transport(), gate, {.max_retry_after = 5min}, clock, silent};
    gate.pause_until(clock.now() + 299s);
    auto const failure = failure_of(client.call({}, read_ok, {}));
    CHECK(failure == "HTTP 429 (gave up after waiting 299 s for quota)");
    CHECK(script.request_count() == 1);
}

TEST_CASE("standing in line for slots does not count against max_wait")
{
    Script script{{kThrottled, Reply{200, {}, {}}}};
    InstantClock clock;
    RateGate gate{clock, {.max_per_minute = 1, .share = 1, .max_wait = 10s}};
    SilentCalls silent;
    Client client{"side", script.transport(), gate, {.max_retry_after = 10s}, clock, silent};
    REQUIRE(passes(gate)); // the next slot comes in a minute
    REQUIRE(passes(gate));
    CHECK(failure_of(client.call({}, read_ok, {})).empty());
    CHECK(clock.slept() > 2min);
}

TEST_CASE("a hint beyond max_wait fails the call at once")
{
    Script script{Script::always(Reply{429, {{"Retry-After", "600"}}, {}})};
    InstantClock clock;
    RateGate gate{clock, {.max_wait = 5min}};
    SilentCalls silent;
    Client client{"side", script.transport(), gate, {.max_retry_after = 5min}, clock, silent};
    CHECK(failure_of(client.call({}, read_ok, {})) == "HTTP 429: the server asks to wait 600 s, which is too long");
    CHECK(script.request_count() == 1);
}

TEST_CASE("after the first fifty, retries after faults are a tenth of the rate")
{
    InstantClock clock;
    RateGate gate{clock, {.max_per_minute = 600, .share = 1}};
    auto const start = clock.now();
    for (int i = 0; i < 110; ++i) {
        CHECK(gate.back_off(start + 1s, {}));
    }
    CHECK(clock.now() - start >= 58s);
    CHECK(clock.now() - start <= 62s);
}

TEST_CASE("a stop ends the wait for quota")
{
    InstantClock clock;
    RateGate gate{clock, {}};
    std::stop_source stop;
    clock.on_nap([&](auto) { stop.request_stop(); });
    CHECK(passes(gate, stop.get_token()));
    CHECK_FALSE(passes(gate, stop.get_token()));
}

TEST_CASE("the calls that a pace needs are its rate times the time of an answer, and some more")
{
    InstantClock clock;
    RateGate gate{clock, {.max_per_minute = 1200, .share = 0.5}}; // ten a second
    CHECK(gate.calls_needed() == 0);                              // nothing is known yet
    auto const answer_after = [&](Clock::Duration time, Reply const& answer) {
        REQUIRE(passes(gate));
        auto const sent = clock.now();
        clock.advance(time);
        gate.answered(sent, answer);
    };
    answer_after(2s, {200, {}, {}});
    CHECK(gate.calls_needed() == 26);
    answer_after(1ms, kThrottled); // says nothing of the time that an answer takes
    CHECK(gate.calls_needed() >= 25 * 9 / 10);
    for (int i = 0; i < 100; ++i) {
        answer_after(100ms, {200, {}, {}});
    }
    CHECK(gate.calls_needed() <= 3);
    RateGate const pauses_only{clock};
    CHECK(pauses_only.calls_needed() == 0);
}
