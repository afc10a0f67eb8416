#include "support/settings_input.hpp"

#include <catch2/catch.hpp>

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
}
