// What METRICS_FILE and PUSHGATEWAY_URL tell of a run, and what outlasts it.

#include "app/metrics/metrics_text.hpp"
#include "app/settings/settings.hpp"
#include "support/metric_samples.hpp"
#include "support/program_run.hpp"
#include "support/scratch_file.hpp"
#include "support/subprocess.hpp"
#include "support/test_dir.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <sstream>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;
using namespace std::chrono_literals;

namespace {

std::chrono::system_clock::time_point unix_time(std::chrono::milliseconds time)
{
    return std::chrono::system_clock::time_point{time};
}

/// A run with something of everything.
RunSnapshot eventful()
{
    RunSnapshot run;
    run.phase = Phase::running;
    run.started = unix_time(1'700'000'000'500ms);
    run.elapsed = 90'250ms;
    run.conversations = {.taken = 700, .processed = 300, .skipped = 20, .failed = 3};
    run.messages = {.fetched = 4745, .fresh = 4500, .stored = 210, .excluded = 23, .failed = 12, .surplus = 1};
    run.conversation_failures = {{"not_found", 1}, {"network", 2}};
    run.message_failures = {{"23514", 11}, {"lost", 1}};
    run.freshchat.sent = 820;
    run.freshchat.retried = 3;
    run.freshchat.by_outcome = {{"200", 803}, {"429", 14}, {"timeout", 3}};
    run.freshchat.time = 246s;
    run.supabase.sent = 40;
    run.supabase.by_outcome = {{"201", 30}, {"206", 10}};
    run.traffic.ceiling_per_minute = 396;
    run.traffic.used_ratio = 0.975;
    run.waits = {.quota = 50s, .latency = 40s, .delays = 1500ms};
    return run;
}

RunEnd const kGoodEnd{Ending::complete, 0, unix_time(1'700'000'090'750ms)};
RunEnd const kFailure{Ending::complete, 3, unix_time(1'700'000'090'750ms)};

} // namespace

TEST_CASE("each metric is named by the conventions, explained, typed, and stands in one piece")
{
    auto const text = metrics_text({}, eventful(), kGoodEnd);
    std::istringstream lines{text};
    std::set<std::string> names;
    std::string name;
    std::string type;
    std::size_t samples = 0;
    CHECK(text.ends_with('\n'));
    for (std::string line; std::getline(lines, line);) {
        CAPTURE(line);
        if (line.starts_with("# HELP ")) {
            name = line.substr(7, line.find(' ', 7) - 7);
            CHECK(names.insert(name).second);
            CHECK(name.starts_with("freshchat_backfill_"));
            CHECK(line.ends_with('.'));
            std::getline(lines, type);
            CHECK(type == "# TYPE " + name + (name.ends_with("_total") ? " counter" : " gauge"));
        } else {
            CHECK(line.starts_with(name + "{command=\"run\""));
            ++samples;
        }
    }
    CHECK(names.size() == 19);
    CHECK(samples == samples_of(text).size());
}

TEST_CASE("docs/monitoring.md lists every metric")
{
    auto const document = content_of(test_dir() + "/../docs/monitoring.md");
    std::string const prefix = "# TYPE freshchat_backfill_";
    for (auto const& line : lines_of(metrics_text({}, eventful(), kGoodEnd))) {
        if (line.starts_with(prefix)) {
            auto const name = line.substr(prefix.size(), line.rfind(' ') - prefix.size());
            CAPTURE(name);
            CHECK(document.find("`" + name + "`") != std::string::npos);
        }
    }
}

TEST_CASE("the metrics hold the numbers of the run")
{
    auto const text = metrics_text({}, eventful(), std::nullopt);
    CHECK(value_of(text, "running{command=\"run\"}") == "1");
    CHECK(value_of(text, "duration_seconds{command=\"run\"}") == "90.250");
    CHECK(value_of(text, "last_run_timestamp_seconds{command=\"run\"}") == "1700000000.500");
    CHECK(value_of(text, "conversations_total{command=\"run\",result=\"processed\"}") == "300");
    CHECK(value_of(text, "conversations_total{command=\"run\",result=\"skipped\"}") == "20");
    CHECK(value_of(text, "conversations_total{command=\"run\",result=\"failed\"}") == "3");
    CHECK(value_of(text, "conversations_remaining{command=\"run\"}") == "377");
    CHECK(value_of(text, "conversation_failures_total{command=\"run\",reason=\"network\"}") == "2");
    CHECK(value_of(text, "messages_total{command=\"run\",fate=\"new\"}") == "4500");
    CHECK(value_of(text, "messages_total{command=\"run\",fate=\"stored\"}") == "210");
    CHECK(value_of(text, "messages_total{command=\"run\",fate=\"excluded\"}") == "23");
    CHECK(value_of(text, "messages_total{command=\"run\",fate=\"failed\"}") == "12");
    CHECK(value_of(text, "messages_total{command=\"run\",fate=\"surplus\"}") == "1");
    CHECK(value_of(text, "message_failures_total{command=\"run\",reason=\"23514\"}") == "11");
    CHECK(value_of(text, "requests_total{command=\"run\",outcome=\"429\",side=\"freshchat\"}") == "14");
    CHECK(value_of(text, "requests_total{command=\"run\",outcome=\"timeout\",side=\"freshchat\"}") == "3");
    CHECK(value_of(text, "requests_total{command=\"run\",outcome=\"201\",side=\"supabase\"}") == "30");
    CHECK(value_of(text, "request_seconds_total{command=\"run\",side=\"freshchat\"}") == "246.000");
    CHECK(value_of(text, "retries_total{command=\"run\",side=\"freshchat\"}") == "3");
    CHECK(value_of(text, "throttled_total{command=\"run\"}") == "14");
    CHECK(value_of(text, "quota_ceiling_requests_per_second{command=\"run\"}") == "6.600");
    CHECK(value_of(text, "quota_used_ratio{command=\"run\"}") == "0.975");
    CHECK(value_of(text, "wait_seconds_total{command=\"run\",reason=\"delays\"}") == "1.500");
    CHECK(value_of(text, "limited_by{command=\"run\",reason=\"quota\"}") == "1");
    CHECK(value_of(text, "limited_by{command=\"run\",reason=\"latency\"}") == "0");
}

TEST_CASE("what is known to happen is there as 0 before it does, and nothing limits a run that has not waited")
{
    auto const text = metrics_text({}, {}, std::nullopt);
    CHECK(value_of(text, "conversation_failures_total{command=\"run\",reason=\"not_found\"}") == "0");
    for (std::string const reason : {"lost", "not_stored", "unusable"}) {
        CHECK(value_of(text, "message_failures_total{command=\"run\",reason=\"" + reason + "\"}") == "0");
    }
    CHECK(value_of(text, "requests_total{command=\"run\",outcome=\"200\",side=\"supabase\"}") == "0");
    for (std::string const reason : {"quota", "latency", "supabase", "work", "delays", "warmup"}) {
        CHECK(value_of(text, "limited_by{command=\"run\",reason=\"" + reason + "\"}") == "0");
    }
    CHECK(text.find("last_success") == std::string::npos);
    CHECK(text.find("last_exit_code") == std::string::npos);
}

TEST_CASE("the end of a run sets its exit code, and the time of the last success only with exit code 0")
{
    auto const success = metrics_text({}, eventful(), kGoodEnd);
    CHECK(value_of(success, "running{command=\"run\"}") == "0");
    CHECK(value_of(success, "last_exit_code{command=\"run\"}") == "0");
    CHECK(value_of(success, "last_success_timestamp_seconds{command=\"run\"}") == "1700000090.750");
    auto const failure = metrics_text({}, eventful(), kFailure);
    CHECK(value_of(failure, "running{command=\"run\"}") == "0");
    CHECK(value_of(failure, "last_exit_code{command=\"run\"}") == "3");
    CHECK(failure.find("last_success") == std::string::npos);
}

TEST_CASE("what outlasts a run is taken over until the next one sets it")
{
    auto const before = lasting_samples({}, metrics_text({}, eventful(), kGoodEnd));
    RunSnapshot next;
    next.started = unix_time(1'800'000'000s);
    auto const during = metrics_text({}, next, std::nullopt, before);
    CHECK(value_of(during, "last_run_timestamp_seconds{command=\"run\"}") == "1800000000.000");
    CHECK(value_of(during, "last_success_timestamp_seconds{command=\"run\"}") == "1700000090.750");
    CHECK(value_of(during, "last_exit_code{command=\"run\"}") == "0");
    CHECK(value_of(during, "messages_total{command=\"run\",fate=\"new\"}") == "0");
    auto const failed = metrics_text({}, next, kFailure, before);
    CHECK(value_of(failed, "last_success_timestamp_seconds{command=\"run\"}") == "1700000090.750");
    CHECK(value_of(failed, "last_exit_code{command=\"run\"}") == "3");
    RunEnd const later{Ending::complete, 0, unix_time(1'800'000'005s)};
    CHECK(value_of(metrics_text({}, next, later, before), "last_success_timestamp_seconds{command=\"run\"}")
        == "1800000005.000");
    CHECK(lasting_samples({}, failed) == lasting_samples({}, metrics_text({}, next, kFailure, before)));
}

TEST_CASE("each command has a last success of its own, each shard samples of its own")
{
    Settings verify;
    verify.command = Command::verify;
    auto const before = lasting_samples(verify, metrics_text({}, eventful(), kGoodEnd));
    auto const text = metrics_text(verify, {}, kFailure, before);
    CHECK(value_of(text, "last_success_timestamp_seconds{command=\"run\"}") == "1700000090.750");
    CHECK(value_of(text, "last_exit_code{command=\"run\"}") == "0");
    CHECK(value_of(text, "last_exit_code{command=\"verify\"}") == "3");
    CHECK(value_of(text, "running{command=\"run\"}") == "missing");
    Settings shard;
    shard.selection.shard = {2, 4};
    auto const of_shard = metrics_text(shard, eventful(), kGoodEnd);
    CHECK(value_of(of_shard, "running{command=\"run\",shard=\"2\"}") == "0");
    CHECK(lasting_samples(shard, of_shard).size() == 3);
    CHECK(lasting_samples({}, of_shard).empty());
    CHECK(lasting_samples(shard, metrics_text({}, eventful(), kGoodEnd)).empty());
}

TEST_CASE("label values are escaped")
{
    auto run = eventful();
    run.message_failures = {{"a\"b\\c\nd\x1B", 1}, {"a\"b\\c\\x0Ad\x1B", 2}}; // both are printed alike
    auto const text = metrics_text({}, run, std::nullopt);
    CHECK(value_of(text, R"(message_failures_total{command="run",reason="a\"b\\c\\x0Ad\\x1B"})") == "3");
    CHECK(series_text("name", {{"command", "quote\" back\\slash\nnew line, comma} ünï"}, {"empty", ""}})
        == "name{command=\"quote\\\" back\\\\slash\\nnew line, comma} ünï\",empty=\"\"}");
}

TEST_CASE("of a damaged or foreign file only what is whole is taken over")
{
    std::string const name = "freshchat_backfill_last_success_timestamp_seconds";
    CHECK(lasting_samples({}, name + "{command=\"run\"} 5\n")
        == LastingSamples{{"last_success_timestamp_seconds", {{"run", "5"}}}});
    CHECK(lasting_samples({}, "\n\0\n" + name + "{command=\"dry-run\"} 5.5e1").size() == 1);
    for (std::string const rest : {"", " 5", "{} 5", "{command=\"run\"}", "{command=\"run\"} ", "{command=\"run\"} x",
             "{command=\"run\"} NaN", "{command=\"run\"} +Inf", "{command=\"run\"} 5 6", "{command=\"run\"} 5\r",
             "{command=\"run} 5", "{command=\"run\\", "{command=run} 5", "{=\"run\"} 5", "{command=\"run\" 5",
             "{command=\"run\",shard=\"1\"} 5", "{other=\"run\"} 5", "s{command=\"run\"} 5"}) {
        CAPTURE(rest);
        CHECK(lasting_samples({}, name + rest + "\n").empty());
    }
    CHECK(lasting_samples({}, "freshchat_backfill_running{command=\"run\"} 1\nother{command=\"run\"} 1\n").empty());
}

// For scripts/check: Prometheus' own tool need not be installed to run the tests.
TEST_CASE("promtool has nothing to say against the metrics", "[.][promtool]")
{
    auto const check = [](std::string const& text) {
        return Subprocess{{find_program("promtool"), "check", "metrics"}, {}, text}.wait();
    };
    Settings verify;
    verify.command = Command::verify;
    verify.selection.shard = {1, 3};
    auto odd = eventful();
    odd.message_failures = {{"a\"b\\c\nd", 1}};
    for (auto const& text : {metrics_text({}, {}, std::nullopt), metrics_text({}, eventful(), std::nullopt),
             metrics_text({}, odd, kFailure, lasting_samples({}, metrics_text({}, eventful(), kGoodEnd))),
             metrics_text(verify, eventful(), kGoodEnd)}) {
        auto const verdict = check(text);
        CAPTURE(text);
        CHECK(verdict.code == 0);
        CHECK(verdict.out + verdict.err == "");
    }
    CHECK(check("# TYPE freshchat_backfill_messages counter\nfreshchat_backfill_messages 1\n").code != 0);
}
