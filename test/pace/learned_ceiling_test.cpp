#include "support/quota_model.hpp"
#include "support/scripted_transport.hpp"
#include "support/silent_calls.hpp"
#include "support/virtual_clock.hpp"

#include "backfill/calls/client.hpp"

#include <catch2/catch.hpp>

#include <mutex>

using namespace backfill;
using namespace backfill::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kLatency = 250ms;

/// A server with a quota; half of the latency lies before its counter, half behind.
class QuotaTransport final : public http::Transport {
public:
    QuotaTransport(QuotaModel& quota, Clock& clock, TimePoint opens, Clock::Duration latency = kLatency)
        : quota_{quota}, clock_{clock}, opens_{opens}, latency_{latency}
    {
    }

    http::Outcome send(http::Request const& /*request*/, std::stop_token const& stop) override
    {
        clock_.sleep_until(clock_.now() + latency_ / 2, stop);
        bool const open = clock_.now() >= opens_;
        auto const ruling = open ? quota_.call(clock_.now()) : Ruling{false, {}};
        clock_.sleep_until(clock_.now() + latency_ / 2, stop);
        return http::Reply{ruling.admitted ? 200 : 429, ruling.headers, {}};
    }

private:
    QuotaModel& quota_;
    Clock& clock_;
    TimePoint opens_; ///< until then, others have used it up
    Clock::Duration latency_;
};

struct Outcome {
    double share = 0; ///< admitted calls ÷ what the quota had
    std::size_t admitted = 0;
    std::size_t rejections = 0;
    std::size_t given_up = 0;
    calls::Traffic traffic;
};

constexpr std::size_t kFetchers = 16;

/// Fetchers call for so much virtual time, through the real gate and the real retry loop.
Outcome run(QuotaRule const& rule, calls::QuotaOptions const& options, std::chrono::minutes length,
    std::chrono::seconds closed = 0s)
{
    VirtualClock clock;
    QuotaModel quota{rule};
    calls::RateGate gate{clock, options};
    SilentCalls silent;
    auto const end = clock.now() + length;
    std::size_t given_up = 0; // one thread runs at a time
    auto const opens = clock.now() + closed;
    std::vector<std::function<void()>> const bodies{
        kFetchers, [&] {
            auto transport = std::make_unique<QuotaTransport>(quota, clock, opens);
            calls::Client client{"side", std::move(transport), gate, {}, clock, silent};
            while (clock.now() < end) {
                given_up += failure_of(client.call({}, read_ok, {})).empty() ? 0 : 1;
            }
        }};
    clock.run(bodies);
    auto const minutes = static_cast<double>(length.count());
    auto const others =
        rule.others_share * std::chrono::duration<double>{rule.others_to - rule.others_from}.count() / 60;
    return {static_cast<double>(quota.admitted()) / (rule.per_minute * (minutes - others)), quota.admitted(),
        quota.rejected(), given_up, gate.traffic()};
}

struct Model {
    char const* name;
    char const* rule;
    double least_share;
};

} // namespace

TEST_CASE("fifteen minutes use nearly all of a quota, whatever its kind, and are seldom rejected")
{
    auto const model = GENERATE(values<Model>({
        {"A", "fixed:30", 0.95},
        {"A with hint", "fixed:30,hint=seconds", 0.95},
        {"B", "fixed:100,hint=seconds", 0.95},
        {"C", "fixed:100", 0.95},
        {"D", "fixed:400,hint=seconds", 0.95},
        {"E", "fixed:400", 0.87},
        {"F", "sliding:400", 0.87},
        {"G", "sliding:400,rejected_count", 0.87},
        {"H", "fixed:400,others=0.5:180:480", 0.87},
        {"H with hint", "fixed:400,hint=seconds,others=0.5:180:480", 0.87},
        {"I", "bucket:400:66", 0.87},
    }));
    auto const phase = GENERATE(0, 29);
    auto rule = parse_quota(model.rule);
    rule.phase = std::chrono::seconds{phase};
    auto const outcome = run(rule, {.share = 1}, 15min);
    INFO(model.name << " " << model.rule << ", phase " << phase << " s");
    CAPTURE(outcome.share, outcome.rejections, outcome.traffic.ceiling_per_minute);
    CHECK(outcome.share >= model.least_share);
    CHECK(outcome.rejections <= 40);
    CHECK(outcome.given_up == 0);
}

TEST_CASE("the first five minutes use nearly all of a quota too, with few rejections")
{
    struct FirstMinutes {
        char const* rule;
        double least_share;
        std::size_t most_rejections;
    };
    auto const model = GENERATE(values<FirstMinutes>({
        {"fixed:400,hint=seconds", 0.96, 15},
        {"fixed:400", 0.93, 17},
        {"fixed:400,headers=limit", 0.93, 3},
        {"fixed:60", 0.98, 7},
        {"fixed:5", 0.75, 9},
        {"sliding:400", 0.90, 16},
        {"sliding:400,hint=seconds", 0.90, 23},
        {"bucket:400:66,hint=seconds", 0.90, 7},
        {"bucket:400:66", 0.90, 6},
        {"bucket:1000:20", 0.85, 8},
        {"bucket:60:60,hint=seconds", 1.1, 9},
    }));
    auto const outcome = run(parse_quota(model.rule), {.share = 1}, 5min);
    INFO(model.rule);
    CAPTURE(outcome.share, outcome.rejections, outcome.traffic.ceiling_per_minute);
    CHECK(outcome.share >= model.least_share);
    CHECK(outcome.rejections <= model.most_rejections);
    CHECK(outcome.given_up == 0);
}

TEST_CASE("a quota that others have used up when a run begins costs little more than the time until it is free")
{
    auto const closed = GENERATE(1s, 4s, 14s, 40s);
    auto const remembered = GENERATE(0.0, 1200.0);
    calls::QuotaOptions const options{.share = 1, .remembered_per_minute = remembered};
    auto const undisturbed = run({}, options, 3min);
    auto const outcome = run({}, options, 4min, closed);
    CAPTURE(closed.count(), remembered, outcome.admitted, undisturbed.admitted, outcome.traffic.ceiling_per_minute);
    CHECK(outcome.admitted >= undisturbed.admitted); // in a minute more
    CHECK(outcome.rejections == 0);
    CHECK((outcome.traffic.origin == calls::CeilingOrigin::none) == (remembered == 0));
    CHECK((remembered == 0 || outcome.traffic.ceiling_per_minute >= remembered));
}

TEST_CASE("as many fetchers as the gate says that it needs use a large quota, though answers take seconds")
{
    struct Slow {
        calls::QuotaOptions options;
        double least_share;
    };
    auto const slow = GENERATE(values<Slow>({
        {{.max_per_minute = 1000, .share = 1}, 0.97},
        {{.share = 1, .remembered_per_minute = 1000}, 0.90},
        {{.share = 1}, 0.85},
    }));
    auto const most = GENERATE(as<std::size_t>{}, 64, 8);
    VirtualClock clock;
    QuotaModel quota{parse_quota("fixed:1000,hint=seconds")};
    calls::RateGate gate{clock, slow.options};
    SilentCalls silent;
    auto const begin = clock.now();
    constexpr auto kLength = 15min;
    std::vector<std::function<void()>> bodies;
    for (std::size_t i = 0; i < most; ++i) {
        bodies.emplace_back([&, i] {
            calls::Client client{
                "side", std::make_unique<QuotaTransport>(quota, clock, begin, 2s), gate, {}, clock, silent};
            while (clock.now() < begin + kLength) {
                if (i < std::max<std::size_t>(8, gate.calls_needed())) {
                    client.call({}, read_ok, {});
                } else {
                    clock.sleep_until(clock.now() + 200ms, {});
                }
            }
        });
    }
    clock.run(bodies);
    auto const share = static_cast<double>(quota.admitted()) / (1000 * 15);
    CAPTURE(slow.options.max_per_minute, slow.options.remembered_per_minute, most, share, quota.rejected());
    CHECK((share >= slow.least_share) == (most == 64));
    CHECK(gate.calls_needed() <= 64);
}
