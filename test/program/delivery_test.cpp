// Messages of HEALTHCHECK_URL and NOTIFY_URL that are not delivered: one warning each, and no run waits for them.

#include "program/frozen_postgrest.hpp"
#include "program/told.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <csignal>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace backfill::test;
using namespace std::chrono_literals;

namespace {

std::chrono::seconds time_since(std::chrono::steady_clock::time_point begin)
{
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begin);
}

} // namespace

TEST_CASE("a message that is not delivered is one warning for each URL, and the exit code stays")
{
    HostileServer const elsewhere{always(kOk)};
    auto const other = "http://127.0.0.1:" + std::to_string(elsewhere.port()) + "/x";
    auto const [script, why] = GENERATE_COPY(table<HostileServer::Script, std::string>({
        {always("HTTP/1.1 500 No\r\nContent-Length: 4\r\n\r\noops"), "HTTP 500"},
        {always("HTTP/1.1 302 Found\r\nLocation: " + other + "\r\nContent-Length: 0\r\n\r\n"),
            "HTTP 302, and redirects are not followed"},
        {[](Peer& peer) { peer.read_request(); }, "Connection closed"},
    }));
    Told const told{{.times = 0}, script};
    auto const run = run_program({"run", "--notify-on=always", "-v"}, told.settings);
    CAPTURE(run.err);
    CHECK(run.code == 0);
    CHECK(summary_of(run.out).inserted == 5);
    std::size_t warnings = 0;
    for (auto const& line : lines_of(run.err)) {
        warnings += line.starts_with("[Backfill] Warning: ") ? 1 : 0;
    }
    CHECK(warnings == 2);
    CHECK(holds(run.err, "the health check (HEALTHCHECK_URL) could not be told how the run ended: " + why));
    CHECK(holds(run.err, "the webhook (NOTIFY_URL) could not be told how the run ended: " + why));
    CHECK(holds(run.err, "[Backfill] healthcheck: POST /*** → "));
    CHECK(elsewhere.connections() == 0);
    told.expect_discretion(run);
}

TEST_CASE("a server that never answers holds up no start, and no end for long")
{
    Told const told{{.times = 0}, [](Peer& peer) {
                        peer.read_request();
                        peer.wait_for_hang_up();
                    }};
    auto const program = start_program({"run", "--notify-on=always"}, told.settings);
    REQUIRE(program->wait_for(Stream::out, "=== Backfill Messages - Complete ===")); // with the start unanswered
    auto const begin = std::chrono::steady_clock::now();
    auto const ended = program->wait();
    CHECK(time_since(begin) <= 20s); // 8, on a machine that is not busy
    CHECK(ended.code == 0);
    CHECK(told.suffixes() == "/start;;"); // tried all the same
    CHECK(lines_of(ended.err).size() == 2);
}

TEST_CASE("servers that never answer do not hold up a stop, also when Supabase hangs")
{
    bool const by_signal = GENERATE(true, false);
    Told told{{.times = 0}, [](Peer& peer) {
                  peer.read_request();
                  peer.wait_for_hang_up();
              }};
    std::promise<void> frozen_now;
    std::unique_ptr<FrozenPostgrest> frozen;
    told.simulator.on_request([&, once = true](SeenRequest const& request) mutable {
        if (request.conversation == "conv-c2" && once) {
            once = false;
            frozen = std::make_unique<FrozenPostgrest>();
            frozen_now.set_value();
        }
    });
    HangingPort const port;
    std::vector<std::string> arguments{"run", "--notify-on=always"};
    if (!by_signal) {
        arguments.emplace_back("--max-duration=2s");
    }
    auto const program = start_program(
        arguments, with(told.settings, {{"PUSHGATEWAY_URL", "http://127.0.0.1:" + std::to_string(port.port())}}));
    REQUIRE(frozen_now.get_future().wait_for(30s) == std::future_status::ready);
    if (by_signal) {
        program->send(SIGTERM);
    } else {
        std::this_thread::sleep_for(2s);
    }
    auto const ended = program->wait(kWholeStop); // six seconds for the last upserts
    CHECK(ended.code == (by_signal ? 143 : 10));
    CHECK(holds(ended.err, "the webhook (NOTIFY_URL) could not be told"));
}

TEST_CASE("TLS is checked: who does not prove its name is told nothing")
{
    ThrowawayCa const ca;
    struct Case {
        Identity identity;
        bool is_good;
    };
    for (auto const& one : std::vector<Case>{
             {ca.issue(), true}, {ca.issue({.names = "DNS:other.example"}), false}, {self_signed(), false}}) {
        Told const told{{.times = 0}, [&one](Peer& peer) {
                            if (peer.shake_hands(one.identity)) {
                                always(kOk)(peer);
                            }
                        }};
        auto const secure = "https://localhost:" + std::to_string(told.server.port()) + "/ping/" + kToken + "?create=1";
        auto const run = run_program(
            {"run"}, with(told.settings, {{"HEALTHCHECK_URL", secure}, {"NOTIFY_URL", ""}, {"CA_FILE", ca.file()}}));
        CHECK(run.code == 0);
        CHECK(told.suffixes() == (one.is_good ? "/start;;" : ""));
        CHECK(holds(run.err, "could not be told how the run ended: TLS") == !one.is_good);
    }
}
