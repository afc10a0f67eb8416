#include "support/scratch_file.hpp"
#include "support/settings_input.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <utility>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;
using namespace std::chrono_literals;

TEST_CASE("how a run is watched: defaults and choices")
{
    auto const unset = settings({});
    CHECK(unset.log_format == LogFormat::text);
    CHECK(unset.progress == ProgressStyle::automatic);
    CHECK(unset.progress_interval == 30s);
    CHECK(unset.summary_file.empty());
    auto const set = settings({"--log-format=JSON", "--progress", "plain", "--progress-interval=5m"},
        {{"SUMMARY_FILE", "/tmp/summary.json"}});
    CHECK(set.log_format == LogFormat::json);
    CHECK(set.progress == ProgressStyle::plain);
    CHECK(set.progress_interval == 5min);
    CHECK(set.summary_file == "/tmp/summary.json");
    CHECK(settings({}, {{"PROGRESS", "none"}}).progress == ProgressStyle::none);
}

TEST_CASE("what does not say how a run is watched is refused")
{
    CHECK(refusal({"run", "--log-format=xml"}, kRequired) == "--log-format=xml: must be text or json");
    CHECK(refusal({"run"}, with(kRequired, {{"PROGRESS", "bar"}})) == "PROGRESS=bar: must be auto or plain or none");
    for (auto const* interval : {"0", "999ms", "25h", "-5", "soon"}) {
        CHECK(refusal({"run"}, with(kRequired, {{"PROGRESS_INTERVAL", interval}}))
            == "PROGRESS_INTERVAL=" + std::string{interval}
                + ": must be a time such as 90s, 15m or 2h, from 1s to 24h");
    }
    CHECK(refusal({"run", "--state-file=f", "--summary-file=f"}, kRequired)
        == "--summary-file=f: is the file of another setting too");
    CHECK(refusal({"run", "--rejects-file=f", "--summary-file=f"}, kRequired)
        == "--summary-file=f: is the file of another setting too");
    CHECK(refusal({"run", "--state-file=f", "--rejects-file=f"}, kRequired)
        == "--rejects-file=f: is the file of another setting too");
    ScratchFolder const folder;
    std::filesystem::create_directory_symlink(folder.path(), folder.path() + "/link");
    for (auto const& [one, other] :
        {std::pair{std::string{"f"}, std::string{"./f"}}, {"f", std::filesystem::current_path().string() + "/f"},
            {folder.path() + "/f",
                folder.path() + "//link/../" + std::filesystem::path{folder.path()}.filename().string() + "/f"},
            {folder.path() + "/f", folder.path() + "/link/f"}}) {
        CHECK(refusal({"run", "--state-file=" + one, "--report-file=" + other}, kRequired)
            == "--report-file=" + other + ": is the file of another setting too");
    }
    CHECK(refusal({"run", "--state-file=f", "--report-file=d/f"}, kRequired) == "accepted");
}

TEST_CASE("none excludes nothing, so it stands alone")
{
    for (auto const* name : {"EXCLUDE_ACTOR_TYPES", "EXCLUDE_MESSAGE_TYPES"}) {
        CHECK(refusal({"run"}, with(kRequired, {{name, "None"}})) == "accepted");
        CHECK(refusal({"run"}, with(kRequired, {{name, "none,system"}}))
            == std::string{name} + "=none,system: \"none\" excludes nothing, so it stands alone");
    }
}

TEST_CASE("metrics need a file of their own, and a Pushgateway that may be shown them")
{
    CHECK(settings({}).metrics_file.empty());
    CHECK_FALSE(settings({}).pushgateway);
    CHECK(settings({}, {{"METRICS_FILE", "/m.prom"}}).metrics_file == "/m.prom");
    for (auto const* name : {"STATE_FILE", "REJECTS_FILE", "SUMMARY_FILE"}) {
        CHECK(refusal({"run", "--metrics-file=f"}, with(kRequired, {{name, "f"}}))
            == "--metrics-file=f: is the file of another setting too");
    }
    auto const url = [](std::string const& text) {
        return settings({"--pushgateway-url=" + text}).pushgateway->text();
    };
    CHECK(url("pushgateway.example.com") == "https://pushgateway.example.com/metrics/job/freshchat_backfill");
    CHECK(url("http://localhost:9091/") == "http://localhost:9091/metrics/job/freshchat_backfill");
    CHECK(url("https://p/prefix") == "https://p/prefix/metrics/job/freshchat_backfill");
    CHECK(url("https://p/metrics/job/nightly/instance/eu/") == "https://p/metrics/job/nightly/instance/eu");
    CHECK(refusal({"run", "--pushgateway-url=http://p:9091"}, kRequired)
              .starts_with("--pushgateway-url: plain http would show the metrics to the network; use https, or set "));
    CHECK(settings({"--pushgateway-url=http://p:9091", "--allow-http"}).pushgateway->port == 9091);
    auto const refused = refusal({"run", "--pushgateway-url=https://u:hunter2@p"}, kRequired);
    CHECK(refused.starts_with("--pushgateway-url: a user or password has no place in it"));
    CHECK(refused.find("hunter2") == std::string::npos);
    auto const proxied = settings({"--pushgateway-url=p"}, {{"HTTPS_PROXY", "http://proxy:3128"}});
    REQUIRE(proxied.pushgateway_transport.proxy);
    CHECK(proxied.pushgateway_transport.proxy->host == "proxy");
}
