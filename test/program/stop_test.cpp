// SIGINT and SIGTERM at many moments, and SIGKILL: nothing fetched whole is lost, and the next run completes the table.

#include "program/frozen_postgrest.hpp"
#include "program/tables.hpp"
#include "support/program_run.hpp"
#include "support/stalled_pipe.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <csignal>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>

using namespace backfill::test;
using namespace std::chrono_literals;

namespace {

constexpr auto kHour = "3600000";

/// c0 (one message), c1 (120 messages), c2 (two).
Conversations long_ones()
{
    return {{"c0", messages("a", 1)}, {"c1", messages("b", 120)}, {"c2", messages("d", 2)}};
}

void store_long_ones()
{
    store_only({"c0", "c1", "c2"});
}

/// Sends the signal and checks the end: its code, its time, and that the numbers add up and agree with the table.
Ended stop(Subprocess& program, int signal, int code)
{
    program.send(signal);
    auto ended = program.wait(kWholeStop);
    CAPTURE(ended.out, ended.err);
    CHECK(ended.code == code);
    auto const summary = summary_of(ended.out);
    CHECK(summary.processed + summary.failed + summary.not_reached == summary.conversations);
    CHECK(tally_of(ended.out).lines == summary.processed);
    CHECK(summary.inserted == row_count());
    return ended;
}

void check_next_run_completes(Conversations const& held)
{
    std::size_t rows = 0;
    for (auto const& [id, list] : held) {
        rows += list.size();
    }
    auto const before = row_count();
    Simulator const simulator{held};
    auto const run = run_program({"run"}, settings_for(simulator));
    CHECK(run.code == 0);
    CHECK(summary_of(run.out).inserted == rows - before);
    CHECK(row_count() == rows);
}

} // namespace

TEST_CASE("a signal in the delay after a conversation stops the run at once")
{
    store_long_ones();
    Simulator const simulator{long_ones()};
    auto const program = start_program({"run"}, with(settings_for(simulator), {{"RATE_LIMIT_DELAY", kHour}}));
    REQUIRE(program->wait_for(Stream::out, "✓ Conversation c0: 1 new, 0 skipped, 1 total\n"));
    auto const ended = stop(*program, SIGINT, 130);
    CHECK(ended.out.find("[Backfill] Stopped: 2 conversations not reached\n") != std::string::npos);
    CHECK(notes_of(ended) == "");
    check_next_run_completes(long_ones());
}

TEST_CASE("a signal in the delay between batches stops the run at once")
{
    store_long_ones();
    Simulator const simulator{long_ones()};
    auto const program =
        start_program({"run", "--batch-size=2"}, with(settings_for(simulator), {{"BATCH_DELAY", kHour}}));
    REQUIRE(program->wait_for(Stream::out, "Waiting 3600000ms before next batch...\n"));
    auto const ended = stop(*program, SIGTERM, 143);
    CHECK(summary_of(ended.out).not_reached == 1);
    check_next_run_completes(long_ones());
}

TEST_CASE("a signal between two pages stops the run, and nothing of that conversation is stored")
{
    store_long_ones();
    Simulator const simulator{long_ones()};
    auto const program = start_program({"run"}, with(settings_for(simulator), {{"PAGE_DELAY", kHour}}));
    REQUIRE(program->wait_for(Stream::out, "✓ Conversation c0"));
    REQUIRE(simulator.wait_for_requests(2));
    auto const ended = stop(*program, SIGTERM, 143);
    CHECK(summary_of(ended.out).not_reached == 2);
    CHECK(row_count() == 1);
    check_next_run_completes(long_ones());
}

TEST_CASE("a signal while Freshchat hangs, or between two tries, stops the run, and what was fetched whole is stored")
{
    store_long_ones();
    Simulator const simulator{long_ones(),
        {.faults = {GENERATE(Fault{.conversation = "c1", .times = kAlways, .kind = FaultKind::hang},
             Fault{.conversation = "c1", .times = kAlways, .kind = FaultKind::stall},
             Fault{.conversation = "c1", .times = kAlways, .kind = FaultKind::drip},
             Fault{.conversation = "c1",
                 .times = kAlways,
                 .status = 503,
                 .retry_after = RetryAfter::seconds,
                 .wait = 600s})}}};
    auto const program = start_program({"run"}, settings_for(simulator));
    REQUIRE(simulator.wait_for_requests(2));
    auto const ended = stop(*program, SIGINT, 130);
    CHECK(summary_of(ended.out).not_reached == 2);
    CHECK(row_count() == 1);
    check_next_run_completes(long_ones());
}

TEST_CASE("a signal before the first batch ends the run without a summary")
{
    store_long_ones();
    Simulator const simulator{long_ones()};
    FrozenPostgrest const frozen;
    auto const program = start_program({"run"}, settings_for(simulator));
    REQUIRE(program->wait_for(Stream::out, "Configuration: "));
    program->send(SIGTERM);
    auto const ended = program->wait(kWholeStop);
    CHECK(ended.code == 143);
    CHECK(ended.out.find("Summary") == std::string::npos);
}

TEST_CASE("while Supabase does not answer, a signal ends the run within eight seconds, a second one at once")
{
    store_long_ones();
    Simulator simulator{long_ones()};
    std::promise<void> frozen_now;
    std::unique_ptr<FrozenPostgrest> frozen;
    simulator.on_request([&, once = true](SeenRequest const& request) mutable {
        if (request.conversation == "c2" && once) {
            once = false;
            frozen = std::make_unique<FrozenPostgrest>();
            frozen_now.set_value();
        }
    });
    auto const second_after = GENERATE(as<std::optional<std::chrono::milliseconds>>{}, std::nullopt, 0ms, 1100ms);
    auto const program = start_program({"run"}, settings_for(simulator));
    REQUIRE(frozen_now.get_future().wait_for(30s) == std::future_status::ready);
    program->send(SIGTERM);
    if (second_after) {
        std::this_thread::sleep_for(*second_after);
        program->send(SIGTERM);
    }
    if (second_after > 1s) {
        auto const ended = program->wait(3s); // the last upserts would have six
        CHECK(ended.code == 143);
        CHECK(ended.out.find("Summary") == std::string::npos);
    } else { // `timeout` sends two at once
        auto const ended = program->wait(kWholeStop);
        CHECK(ended.code == 143);
        auto const summary = summary_of(ended.out);
        CHECK(summary.processed + summary.failed + summary.not_reached == summary.conversations);
    }
    frozen.reset();
    auto const run = run_program({"run"}, settings_for(simulator));
    CHECK(run.code == 0);
    CHECK(row_count() == 123);
}

TEST_CASE("a signal after the end of MAX_DURATION counts more than that end")
{
    store_long_ones();
    Simulator simulator{long_ones(), {.faults = {{.conversation = "c1", .times = kAlways, .kind = FaultKind::hang}}}};
    std::unique_ptr<FrozenPostgrest> frozen; // before the row of c0 is sent: the last upsert takes its six seconds
    simulator.on_request([&](SeenRequest const& request) {
        if (request.conversation == "c1" && !frozen) {
            frozen = std::make_unique<FrozenPostgrest>();
        }
    });
    auto const program = start_program({"run", "-v", "--max-duration=3s"}, settings_for(simulator));
    REQUIRE(program->wait_for(Stream::err, " → stopped, "));
    program->send(SIGTERM);
    auto const ended = program->wait(kWholeStop);
    CAPTURE(ended.out, ended.err);
    CHECK(ended.code == 143);
}

TEST_CASE("whatever stops a run, it ends within eight seconds also while nobody reads what it prints")
{
    auto const [limit, code] = GENERATE(table<std::string, int>({{"1h", 143}, {"3s", 10}}));
    std::string const long_id(200, 'c');
    std::vector<std::string> ids;
    Conversations held;
    for (int i = 0; i < 40; ++i) {
        ids.push_back(long_id + std::to_string(100 + i));
        held[ids.back()] = messages("m" + std::to_string(i), 1);
    }
    store_only(ids);
    Simulator const simulator{
        held, {.faults = {{.conversation = long_id + "130", .times = kAlways, .kind = FaultKind::hang}}}};
    // Room for some 16 of the 30 lines that the stop lets out.
    StalledPipe const pipe;
    auto const settings = with(settings_for(simulator), {{"OUT", pipe.path()}, {"MAX_DURATION", limit}});
    auto const program = start_in_shell(R"(exec "$0" run >"$OUT")", {}, settings);
    REQUIRE(simulator.wait_for_requests(31));
    if (code == 143) {
        program->send(SIGTERM);
    }
    auto const ended = program->wait(kWholeStop + 3s);
    CAPTURE(ended.err);
    CHECK(ended.signal == 0);
    CHECK(ended.code == code);
    check_next_run_completes(held);
}

TEST_CASE("a run under nohup outlives its terminal")
{
    auto const world = World::make({.conversations = 60});
    store_only(world);
    Simulator simulator{world};
    auto const settings = with(settings_for(simulator), {{"RATE_LIMIT_DELAY", "10"}, {"BATCH_SIZE", "10"}});
    auto const program = start_in_shell(R"(trap '' HUP; exec "$0" run)", {}, settings);
    REQUIRE(simulator.wait_for_requests(30));
    program->send(SIGHUP);
    CHECK(program->wait().code == 0);
    CHECK(compare_with(world) == kEqual);
}

TEST_CASE("a run that is stopped anywhere stores what it reports, and the next one completes the table exactly")
{
    auto const world = World::make({.conversations = 150, .one_long = 300});
    auto const [signal, after, concurrency] =
        GENERATE(table<int, int, std::string>({{SIGINT, 1, "1"}, {SIGTERM, 60, "1"}, {SIGTERM, 60, "4"},
            {SIGINT, 149, "4"}, {SIGHUP, 30, "4"}, {SIGKILL, 2, "1"}, {SIGKILL, 70, "1"}, {SIGKILL, 140, "4"}}));
    CAPTURE(signal, after, concurrency);
    store_only(world);
    Simulator simulator{world};
    std::promise<Subprocess*> started;
    auto const target = started.get_future().share();
    std::atomic<int> seen{0};
    simulator.on_request([&, which = signal, moment = after](SeenRequest const&) {
        if (++seen == moment) {
            target.get()->send(which);
            std::this_thread::sleep_for(200ms); // no request is answered before the program has seen it
        }
    });
    auto const settings =
        with(settings_for(simulator), {{"CONCURRENCY", concurrency}, {"RATE_LIMIT_DELAY", "1"}, {"BATCH_SIZE", "20"}});
    auto const program = start_program({"run"}, settings);
    started.set_value(program.get());
    auto const ended = program->wait(kWholeStop);
    CAPTURE(ended.out, ended.err);
    if (signal == SIGKILL) {
        CHECK(ended.signal == SIGKILL);
        CHECK(tally_of(ended.out).fresh <= row_count()); // no line claims what is not stored
    } else {
        CHECK(ended.code == 128 + signal);
        auto const summary = summary_of(ended.out);
        CHECK(summary.conversations == world.size());
        CHECK(summary.failed == 0);
        CHECK(summary.processed + summary.not_reached == world.size());
        CHECK(summary.inserted == row_count());
        CHECK(tally_of(ended.out).fresh == summary.inserted);
        CHECK(notes_of(ended) == "");
    }
    auto const stored = row_count();
    auto const next = run_program({"run"}, with(settings, {{"RATE_LIMIT_DELAY", "0"}}));
    CHECK(next.code == 0);
    CHECK(summary_of(next.out).inserted == world.expected_row_count() - stored);
    CHECK(compare_with(world) == kEqual);
}
