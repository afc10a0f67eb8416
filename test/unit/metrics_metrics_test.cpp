// METRICS_FILE and PUSHGATEWAY_URL: when and where metrics are told.

#include "app/log/run_log.hpp"
#include "app/metrics/metrics.hpp"
#include "app/settings/settings.hpp"
#include "support/instant_clock.hpp"
#include "support/metric_samples.hpp"
#include "support/scratch_file.hpp"
#include "support/scripted_transport.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <filesystem>
#include <future>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;
using namespace std::chrono_literals;

namespace {

RunEnd const kSuccess{
    Ending::complete, 0, std::chrono::system_clock::time_point{std::chrono::milliseconds{1'700'000'090'750}}};

constexpr auto kOlder = "freshchat_backfill_last_success_timestamp_seconds{command=\"run\"} 1600000000.000\n"
                        "freshchat_backfill_last_exit_code{command=\"run\"} 0\n";

/// The feed of a run, to a file and to a Pushgateway, on a clock that stands still until somebody sleeps.
struct Feed {
    explicit Feed(std::string const& file, http::Outcome answer = reply(200))
        : gateway{[this, answer](http::Request const& request) {
              pushed_at.push_back(clock.slept());
              file_at_push.push_back(content_of(settings.metrics_file));
              bodies.push_back(request.body);
              return answer;
          }}
    {
        settings.metrics_file = file;
        settings.pushgateway = http::parse_endpoint("http://localhost:9091/metrics/job/freshchat_backfill");
    }

    Metrics start()
    {
        return {settings, facts, report, clock, [this](std::chrono::milliseconds limit) {
                    limits.push_back(limit);
                    return gateway.transport();
                }};
    }

    InstantClock clock;
    Settings settings;
    std::vector<std::string> notes; ///< of the feed's thread, then, after its end, of the test's
    Log log{[](Event const&) {}, [this](Event const& event) { notes.push_back(event.text); }, false};
    RunFacts facts{clock};
    RunLog report{settings, facts, log};
    std::vector<Clock::Duration> pushed_at;
    std::vector<std::chrono::milliseconds> limits;
    std::vector<std::string> file_at_push;
    std::vector<std::string> bodies;
    Script gateway;
};

/// Lets the feed's thread sleep so many times, and holds it in the sleep that follows until released.
class Naps {
public:
    Naps(InstantClock& clock, int count)
    {
        clock.on_nap([this, count](Clock::Duration) {
            if (++naps_ == count + 1) {
                reached_.set_value();
                released_.get_future().wait();
            }
        });
    }

    void wait_for_last() { REQUIRE(reached_.get_future().wait_for(10s) == std::future_status::ready); }
    void release() { released_.set_value(); }

private:
    std::atomic<int> naps_{0};
    std::promise<void> reached_;
    std::promise<void> released_;
};

} // namespace

TEST_CASE("metrics are told as the run begins, every 15 seconds, and at its end; the file before the push")
{
    ScratchFile const file{kOlder};
    Feed feed{file.path()};
    Naps naps{feed.clock, 3};
    auto metrics = feed.start();
    naps.wait_for_last();
    CHECK(feed.pushed_at.size() == 4);
    naps.release();
    metrics.finish({Ending::fatal, 1, kSuccess.at}, 1s);

    REQUIRE(feed.bodies.size() >= 4);
    CHECK(feed.notes.empty());
    CHECK(feed.pushed_at[0] == 0s);
    CHECK(feed.pushed_at[1] == 15s);
    CHECK(feed.pushed_at[2] == 30s);
    CHECK(feed.pushed_at[3] == 45s);
    CHECK(feed.limits[0] == 5s);
    CHECK(feed.limits.back() == 1s);
    for (auto const& body : feed.bodies) {
        bool const last = &body == &feed.bodies.back();
        auto const& on_disk = feed.file_at_push[static_cast<std::size_t>(&body - feed.bodies.data())];
        CHECK(value_of(body, "running{command=\"run\"}") == (last ? "0" : "1"));
        CHECK(value_of(on_disk, "running{command=\"run\"}") == (last ? "0" : "1"));
        CHECK(value_of(body, "last_exit_code{command=\"run\"}") == (last ? "1" : "missing"));
        CHECK(value_of(on_disk, "last_exit_code{command=\"run\"}") == (last ? "1" : "0"));
        CHECK(body.find("last_success") == std::string::npos); // so the gateway keeps what it has
        CHECK(value_of(on_disk, "last_success_timestamp_seconds{command=\"run\"}") == "1600000000.000");
    }
    auto const request = feed.gateway.requests().front();
    CHECK(request.method == http::Request::Method::post);
    CHECK(request.target == "/command/run");
    CHECK(header_of(request, "Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
}

TEST_CASE("shards push to groups of their own")
{
    Feed feed{""};
    feed.settings.selection.shard = {2, 4};
    feed.settings.command = Command::verify;
    auto metrics = feed.start();
    metrics.finish(kSuccess, 1s);
    CHECK(feed.gateway.requests().back().target == "/command/verify/shard/2");
    CHECK(feed.bodies.back().find("last_success_timestamp_seconds{command=\"verify\",shard=\"2\"} 1700000090.750\n")
        != std::string::npos);
}

TEST_CASE("what cannot be pushed, written or read is told once each")
{
    auto const [answer, said] =
        GENERATE(table<http::Outcome, std::string>({{reply(400, "why"), "HTTP 400"}, {reply(302), "HTTP 302"},
            {no_reply(http::TransportError::Kind::connect, "Connection refused"), "Connection"}}));
    Feed feed{"/nonexistent/metrics.prom", answer};
    Naps naps{feed.clock, 3};
    auto metrics = feed.start();
    naps.wait_for_last();
    naps.release();
    metrics.finish(kSuccess, 1s);
    CHECK(feed.bodies.size() >= 4);
    REQUIRE(feed.notes.size() == 2);
    CHECK(feed.notes[0]
        == "[Backfill] Warning: the metrics file could not be written: No such file or directory. This is said once.");
    CHECK(feed.notes[1].starts_with("[Backfill] Warning: the metrics could not be pushed to localhost:9091: " + said));
    Feed folder{std::filesystem::temp_directory_path().string()};
    folder.settings.pushgateway.reset();
    auto to_folder = folder.start();
    to_folder.finish(kSuccess, 1s);
    REQUIRE(folder.notes.size() == 2);
    CHECK(folder.notes[0].starts_with("[Backfill] Warning: the metrics file could not be read: "));
}

TEST_CASE("a push that is given up because the run ends is no failure")
{
    Feed feed{"", no_reply(http::TransportError::Kind::stopped)};
    auto metrics = feed.start();
    metrics.finish(kSuccess, 1s);
    CHECK(feed.notes.empty());
}

TEST_CASE("nothing is done when nobody wants metrics")
{
    Feed feed{""};
    feed.settings.pushgateway.reset();
    auto metrics = feed.start();
    metrics.tell_now();
    metrics.finish(kSuccess, 1s);
    CHECK(feed.bodies.empty());
    CHECK(feed.clock.naps().empty());
}
