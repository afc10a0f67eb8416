// The rules of the learned ceiling, one by one, in its own time.

#include "calls/learned_ceiling.hpp"

#include <catch2/catch.hpp>

#include <optional>

using namespace backfill;
using namespace backfill::calls;
using namespace std::chrono_literals;

namespace {

using Seconds = std::chrono::duration<double>;

/// One caller without latency, who takes each slot.
struct Caller {
    explicit Caller(QuotaOptions const& options) : ceiling{options, now} {}

    void call(http::Reply const& answer)
    {
        now = std::max(now, ceiling.next_slot());
        ceiling.slot_taken(now);
        ceiling.accepted(now, answer);
    }
    void calls_for(std::chrono::seconds length, std::vector<http::Header> const& headers = {})
    {
        for (auto const end = now + length; now < end;) {
            call({200, headers, {}});
        }
    }
    void reject(std::optional<std::chrono::seconds> hint = {}) { ceiling.throttled(now, now, hint); }
    double rate() const { return 1 / Seconds{ceiling.interval()}.count(); }
    Seconds pause() const { return ceiling.resume() - now; }

    /// How long the rate stays as it is before a probe makes it grow.
    Seconds rest()
    {
        for (auto began = now;;) {
            auto const before = ceiling.interval();
            call({200, {}, {}});
            if (ceiling.interval() != before) {
                if (now - began > 30s) {
                    return now - began;
                }
                began = now;
            }
        }
    }

    TimePoint now{std::chrono::hours{1000}};
    LearnedCeiling ceiling;
};

std::vector<http::Header> declared(int total, int remaining, int reset = 0)
{
    return {{"X-RateLimit-Limit", std::to_string(total)}, {"X-RateLimit-Remaining", std::to_string(remaining)},
        {"X-RateLimit-Reset", std::to_string(reset)}};
}

} // namespace

TEST_CASE("a 429 halves the ceiling at most, and the rate goes on at nine tenths of it")
{
    Caller caller{{.share = 1, .remembered_per_minute = 600}};
    caller.calls_for(60s);
    caller.now += 55s; // little was taken in the last minute, which may be a pause's doing
    caller.reject();
    CHECK(caller.ceiling.per_minute() == Approx(300));
    CHECK(caller.rate() == Approx(0.9 * 5));
}

TEST_CASE("a 429 after which nothing was accepted teaches nothing, in the midst of a run too")
{
    Caller caller{{.share = 1, .remembered_per_minute = 600}};
    caller.calls_for(60s);
    for (int i = 0; i < 20; ++i) {
        caller.reject(60s);
        caller.now = caller.ceiling.resume();
    }
    CHECK(caller.ceiling.per_minute() >= 580); // by the first one
}

TEST_CASE("what a window took that was seen in part is no quota")
{
    auto const [remembered, seen] = GENERATE(table<double, std::chrono::seconds>({{0, 8s}, {600, 8s}, {600, 50s}}));
    Caller caller{{.share = 1, .remembered_per_minute = remembered}};
    caller.calls_for(seen);
    caller.reject(5s);
    CHECK(caller.ceiling.per_minute() == remembered);
    CHECK(caller.rate() == Approx(remembered > 0 ? 0.97 * 10 : 2));
    caller.now = caller.ceiling.resume();
    caller.calls_for(20s);
    caller.reject(40s); // that one was seen whole
    CHECK(caller.ceiling.per_minute() == Approx(remembered > 0 ? 300 : 60).margin(3));
}

TEST_CASE("a server that is free again at once fills evenly, one that is not has windows")
{
    bool const by_hint = GENERATE(false, true);
    bool const free = GENERATE(false, true);
    Caller caller{{.share = 1}};
    caller.calls_for(25s); // 2, 4 and 8 a second
    caller.reject(by_hint ? std::optional{1s} : std::nullopt);
    CHECK(caller.pause() == (by_hint ? 1s : 3s));
    caller.now = caller.ceiling.resume();
    if (free) {
        caller.call({200, {}, {}});
        CHECK(caller.ceiling.per_minute() == Approx(4 * 60)); // kept for ten seconds; evenly that makes 100 in 25 s
    } else {
        caller.reject(by_hint ? std::optional{1s} : std::nullopt);
        CHECK(caller.ceiling.per_minute() == Approx(100).margin(2));
        CHECK(caller.pause().count() == Approx(by_hint ? 34 : 32).margin(1)); // the first call is a minute old then
    }
}

TEST_CASE("a ceiling is what was accepted in the last minute, or in the window whose end the hint tells")
{
    auto const [hint, accepted] = GENERATE(
        table<std::optional<std::chrono::seconds>, int>({{std::nullopt, 600}, {15s, 450}, {60s, 600}, {90s, 600}}));
    Caller caller{{.max_per_minute = 600, .share = 1}};
    caller.calls_for(90s);
    caller.reject(hint);
    CHECK(caller.ceiling.per_minute() == Approx(accepted));
}

TEST_CASE("a rate grows when four fifths of its slots were taken, and stays when fewer were")
{
    auto const [taken, rate] = GENERATE(table<int, double>({{15, 2}, {16, 4}}));
    Caller caller{{}};
    caller.now += 10s; // nobody called
    auto const began = caller.now;
    for (int i = 0; i < taken; ++i) {
        caller.call({200, {}, {}});
    }
    caller.now = began + 10s;
    caller.call({200, {}, {}});
    CHECK(caller.rate() == Approx(rate));
}

TEST_CASE("rejections without a hint pause longer each time, a minute at most")
{
    Caller caller{{}};
    for (auto const pause : {3s, 10s, 30s, 60s, 60s}) {
        caller.reject();
        CHECK(caller.pause() == pause);
        caller.now = caller.ceiling.resume();
    }
}

TEST_CASE("a rejection soon after a pause lowers no ceiling, one after ten clean seconds does")
{
    Caller caller{{.max_per_minute = 600, .share = 1}};
    caller.calls_for(60s);
    caller.reject(60s);
    auto const clean = GENERATE(5s, 11s);
    caller.now = caller.ceiling.resume();
    caller.calls_for(clean);
    caller.reject(60s);
    CHECK((caller.ceiling.per_minute() == Approx(600)) == (clean < 10s));
}

TEST_CASE("a ceiling that is met again is probed after twice the rest, eight minutes at most, and another after one")
{
    Caller caller{{.share = 0.999, .remembered_per_minute = 600}};
    CHECK(caller.rest().count() == Approx(60).margin(1));
    for (int const rest : {120, 240, 480, 480}) {
        caller.reject();
        CHECK(caller.rest().count() == Approx(rest).margin(1));
    }
    caller.now += 40s; // a third of the minute was used: a lower ceiling
    caller.reject();
    CHECK(caller.rest().count() == Approx(60).margin(1));
}

TEST_CASE("less than a twentieth of a declared quota left is a reason to wait, a minute at most")
{
    Caller caller{{.share = 1}};
    caller.call({200, declared(600, 30, 500), {}});
    CHECK(caller.pause() <= 0s);
    caller.call({200, declared(600, 29, 500), {}});
    CHECK(caller.pause() == 60s);
}

TEST_CASE("a second long wait in a row shows that what is declared is no quota a minute")
{
    bool const rejected_between = GENERATE(false, true);
    Caller caller{{.share = 1}};
    caller.call({200, declared(600, 1, 50), {}});
    CHECK(caller.pause() == 50s);
    if (rejected_between) {
        caller.now = caller.ceiling.resume();
        caller.reject();
    }
    caller.call({200, declared(600, 1, 50), {}});
    CHECK(caller.pause() == (rejected_between ? 50s : 0s));
}

TEST_CASE("a declared quota is doubted when a minute at its rate hardly used it, and each minute by itself")
{
    Caller caller{{.share = 1}};
    caller.calls_for(68s, declared(60, 55));
    CHECK(caller.ceiling.origin() == CeilingOrigin::declared);
    bool const used_once = GENERATE(false, true);
    caller.call({200, declared(60, used_once ? 20 : 55), {}});
    caller.calls_for(4s, declared(60, 55));
    CHECK((caller.ceiling.origin() == CeilingOrigin::declared) == used_once);
    caller.calls_for(72s, declared(60, 55));
    CHECK(caller.ceiling.origin() == CeilingOrigin::none);
}
