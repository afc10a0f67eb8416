// METRICS_FILE and PUSHGATEWAY_URL: the numbers of a run for Prometheus, while it goes on and however it ends.

#include "program/frozen_postgrest.hpp"
#include "program/tables.hpp"
#include "support/hostile_server.hpp"
#include "support/metric_samples.hpp"
#include "support/program_run.hpp"
#include "support/scratch_file.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <future>
#include <memory>
#include <string>

using namespace backfill::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kOlder = "freshchat_backfill_last_success_timestamp_seconds{command=\"run\"} 1000000000.000\n"
                        "freshchat_backfill_last_exit_code{command=\"run\"} 0\n";

std::string of_run(std::string const& text, std::string const& metric, std::string const& labels = {})
{
    return value_of(text, metric + "{command=\"run\"" + labels + "}");
}

std::string new_messages(std::string const& text)
{
    return of_run(text, "messages_total", ",fate=\"new\"");
}

/// c1 with two messages; c2 with three.
struct Two {
    explicit Two(Fault const& fault = {.times = 0})
        : simulator{Conversations{{"c1", messages("a", 2)}, {"c2", messages("b", 3)}}, {.faults = {fault}}}
    {
        store_only({"c1", "c2"});
    }

    Environment settings(Environment const& changes) const { return with(settings_for(simulator), changes); }

    Simulator simulator;
};

/// A Pushgateway that takes everything.
HostileServer::Script taking()
{
    return always("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

std::string url_of(std::uint16_t port)
{
    return "http://127.0.0.1:" + std::to_string(port);
}

/// The last thing that was pushed.
std::string last_push(HostileServer const& gateway)
{
    auto const requests = gateway.requests();
    return requests.empty() ? std::string{} : requests.back();
}

} // namespace

TEST_CASE("a run that succeeds leaves its numbers, and the time of that in the file and at the Pushgateway")
{
    Two const two;
    ScratchFile const file{kOlder};
    HostileServer const gateway{taking()};
    auto const run = run_program(
        {"run"}, two.settings({{"METRICS_FILE", file.path()}, {"PUSHGATEWAY_URL", url_of(gateway.port())}}));
    CHECK(run.code == 0);
    CHECK(run.err == "");
    auto const text = content_of(file.path());
    auto const pushed = last_push(gateway);
    CHECK(gateway.requests().front().starts_with("POST /metrics/job/freshchat_backfill/command/run HTTP/1.1\r\n"));
    CHECK(gateway.requests().front().find("token") == std::string::npos);
    CHECK(pushed.ends_with("\r\n\r\n" + text));
    CHECK(std::stod(of_run(text, "last_success_timestamp_seconds")) > 1.7e9);
    CHECK(of_run(text, "last_exit_code") == "0");
    CHECK(of_run(text, "running") == "0");
    CHECK(new_messages(text) == "5");
    CHECK(of_run(text, "conversations_total", ",result=\"processed\"") == "2");
    CHECK(of_run(text, "requests_total", ",outcome=\"200\",side=\"freshchat\"")
        == std::to_string(two.simulator.counters().requests));
}

TEST_CASE("while a run goes on, the file and the Pushgateway tell how far it is")
{
    Two const two{{.conversation = "c2", .times = kAlways, .kind = FaultKind::hang}};
    ScratchFile const file{kOlder};
    HostileServer const gateway{taking()};
    auto const program = start_program({"run"},
        two.settings({{"METRICS_FILE", file.path()}, {"PUSHGATEWAY_URL", url_of(gateway.port())},
            {"RATE_LIMIT_DELAY", "1"}, {"PROGRESS", "none"}})); // the delay: rows go out at once
    REQUIRE(program->wait_for(Stream::out, "✓ Conversation c1"));
    gateway.wait_for_ended_scripts(1);
    program->send(SIGUSR1);
    gateway.wait_for_ended_scripts(2);
    auto const text = content_of(file.path());
    CHECK(new_messages(last_push(gateway)) == "2");
    CHECK(last_push(gateway).find("last_success") == std::string::npos);
    CHECK(new_messages(text) == "2");
    CHECK(of_run(text, "running") == "1");
    CHECK(of_run(text, "conversations_remaining") == "1");
    CHECK(of_run(text, "last_success_timestamp_seconds") == "1000000000.000");
    program->send(SIGTERM);
    CHECK(program->wait(kWholeStop).code == 143);
    auto const stopped = content_of(file.path());
    CHECK(of_run(stopped, "running") == "0");
    CHECK(of_run(stopped, "last_exit_code") == "143");
    CHECK(of_run(last_push(gateway), "last_exit_code") == "143");
    CHECK(of_run(stopped, "last_success_timestamp_seconds") == "1000000000.000");
}

TEST_CASE("after a run with failures, a fatal end and a dry run, the last success of run is what it was")
{
    auto const [command, fault, code] = GENERATE(
        table<std::string, Fault, int>({{"run", Fault{.conversation = "c2", .times = kAlways, .status = 404}, 3},
            {"run", Fault{.times = kAlways, .status = 401}, 1}, {"dry-run", Fault{.times = 0}, 0}}));
    Two const two{fault};
    ScratchFile const file{kOlder};
    HostileServer const gateway{taking()};
    auto const run = run_program(
        {command}, two.settings({{"METRICS_FILE", file.path()}, {"PUSHGATEWAY_URL", url_of(gateway.port())}}));
    CHECK(run.code == code);
    auto const text = content_of(file.path());
    CHECK(of_run(text, "last_success_timestamp_seconds") == "1000000000.000");
    CHECK(text.find("last_exit_code{command=\"" + command + "\"} " + std::to_string(code) + "\n") != std::string::npos);
    CHECK(last_push(gateway).find("last_success_timestamp_seconds{command=\"run\"}") == std::string::npos);
    CHECK(last_push(gateway).find("running{command=\"" + command + "\"} 0\n") != std::string::npos);
}

TEST_CASE("a Pushgateway that nobody serves, or that refuses, is one warning, and the exit code stays")
{
    Two const two;
    HostileServer const refusing{[](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 4\r\n\r\nhint");
    }};
    bool const dead = GENERATE(true, false);
    auto const address = "127.0.0.1:" + std::to_string(dead ? closed_port() : refusing.port());
    auto const run = run_program({"run"}, two.settings({{"PUSHGATEWAY_URL", "http://" + address}}));
    CHECK(run.code == 0);
    CHECK(summary_of(run.out).inserted == 5);
    CHECK(lines_of(run.err).size() == 1);
    CHECK(run.err.starts_with("[Backfill] Warning: the metrics could not be pushed to " + address + ": "));
    CHECK(run.err.ends_with(". This is said once.\n"));
    CHECK((dead || run.err.find("HTTP 400") != std::string::npos));
}

TEST_CASE("a Pushgateway that cannot be reached does not hold up a stop, also when Supabase hangs")
{
    Two two;
    HangingPort const port;
    std::promise<void> frozen_now;
    std::unique_ptr<FrozenPostgrest> frozen;
    two.simulator.on_request([&, once = true](SeenRequest const& request) mutable {
        if (request.conversation == "c2" && once) {
            once = false;
            frozen = std::make_unique<FrozenPostgrest>();
            frozen_now.set_value();
        }
    });
    auto const program = start_program({"run"}, two.settings({{"PUSHGATEWAY_URL", url_of(port.port())}}));
    REQUIRE(frozen_now.get_future().wait_for(30s) == std::future_status::ready);
    program->send(SIGTERM);
    auto const ended = program->wait(kWholeStop); // six seconds for the last upserts
    CHECK(ended.code == 143);
    CHECK(ended.err.find("the metrics could not be pushed to 127.0.0.1:") != std::string::npos);
}
