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
    QuotaTransport(QuotaModel& quota, Clock& clock) : quota_{quota}, clock_{clock} {}

    http::Outcome send(http::Request const& /*request*/, std::stop_token const& stop) override
    {
        clock_.sleep_until(clock_.now() + kLatency / 2, stop);
        auto const ruling = quota_.call(clock_.now());
        clock_.sleep_until(clock_.now() + kLatency / 2, stop);
        return http::Reply{ruling.admitted ? 200 : 429, ruling.headers, {}};
    }

private:
    QuotaModel& quota_;
    Clock& clock_;
};

struct Outcome {
    double share = 0; ///< admitted calls ÷ what the quota had
    std::size_t rejections = 0;
    std::size_t given_up = 0;
    calls::Traffic traffic;
};

/// So many fetchers call for 15 minutes of virtual time, through the real gate and the real retry loop.
Outcome run(QuotaRule const& rule, calls::QuotaOptions const& options, std::size_t fetchers = 16,
    std::chrono::minutes length = 15min)
{
    VirtualClock clock;
    QuotaModel quota{rule};
    calls::RateGate gate{clock, options};
    SilentCalls silent;
    auto const end = clock.now() + length;
    std::size_t given_up = 0; // one thread runs at a time
    std::vector<std::function<void()>> const bodies{
        fetchers, [&] {
            calls::Client client{"side", std::make_unique<QuotaTransport>(quota, clock), gate, {}, clock, silent};
            while (clock.now() < end) {
                given_up += failure_of(client.call({}, read_ok, {})).empty() ? 0 : 1;
            }
        }};
    clock.run(bodies);
    auto const minutes = static_cast<double>(length.count());
    auto const others =
        rule.others_share * std::chrono::duration<double>{rule.others_to - rule.others_from}.count() / 60;
    return {static_cast<double>(quota.admitted()) / (rule.per_minute * (minutes - others)), quota.rejected(), given_up,
        gate.traffic()};
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
    auto const outcome = run(rule, {.share = 1});
    INFO(model.name << " " << model.rule << ", phase " << phase << " s");
    CAPTURE(outcome.share, outcome.rejections, outcome.traffic.ceiling_per_minute);
    CHECK(outcome.share >= model.least_share);
    CHECK(outcome.rejections <= 40);
    CHECK(outcome.given_up == 0);
}
