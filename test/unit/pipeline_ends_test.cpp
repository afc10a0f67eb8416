// Runs that are stopped, and runs that meet errors.

#include "app/log/advice.hpp"
#include "support/instant_clock.hpp"
#include "support/pipeline_bench.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kTries = 6; // of a request to Supabase

} // namespace

TEST_CASE("with ON_NOT_FOUND=ignore a run that finds nothing at first goes on, and says so once")
{
    PipelineBench bench;
    bench.add_conversations(25, 1);
    for (int i = 1; i <= 25; ++i) {
        bench.freshchat_answer("c" + std::to_string(i), reply(404));
    }
    bench.settings.on_not_found = OnNotFound::ignore;
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.summary()["conversationsProcessed"] == 25);
    CHECK(bench.count_notes("the first 20 conversations are all not found") == 1);
    CHECK(bench.exit_code() == 0);
}

TEST_CASE("a stop ends a run whose list stage waits for room among the jobs")
{
    PipelineBench bench;
    bench.settings.batch_size = 2;
    bench.add_conversations(100, 1);
    bench.store("elsewhere", "a row"); // an empty table would need no look-ups
    std::mutex mutex;
    std::condition_variable looked_up;
    int look_ups = 0;
    bench.on_request = [&](http::Request const& request) {
        std::unique_lock lock{mutex};
        if (request.target.starts_with("/Message?select=id,conversationid&")) {
            ++look_ups;
            looked_up.notify_all();
        } else if (request.target.find("/c1/messages") != std::string::npos) {
            CHECK(looked_up.wait_for(lock, 10s, [&] { return look_ups >= 5; })); // those of five fill the queue
            std::this_thread::sleep_for(10ms);                                   // the list stage is about to wait
            bench.stop.request_stop();
        }
    };
    CHECK(bench.run() == Ending::stopped);
    CHECK(bench.freshchat_calls() == 1);
}

TEST_CASE("a stop during a delay ends the run: what was fetched is stored and every conversation is accounted for")
{
    PipelineBench bench;
    bench.settings.rate_limit_delay = 1000ms;
    bench.add_conversations(5, 2);
    int naps = 0;
    bench.clock.on_nap([&](auto) {
        if (++naps == 2) {
            bench.stop.request_stop();
        }
    });
    CHECK(bench.run() == Ending::stopped);
    CHECK(bench.stored_count() == 4);
    CHECK(bench.printed("[Backfill] Stopped: 3 conversations not reached"));
    CHECK(bench.printed("  totalMessagesInserted: 4,"));
}

TEST_CASE("a conversation whose rows the stop itself kept from being stored is not passed: the next run meets it again")
{
    PipelineBench bench;
    bench.settings.batch_size = 1;
    bench.settings.batch_delay = 1ms; // each conversation is stored before the next one is fetched
    bench.add_conversations(3, 2);
    bench.upsert_answer = [&](std::size_t number) -> std::optional<http::Reply> {
        if (number == 0) {
            return std::nullopt;
        }
        bench.stop.request_stop();
        bench.hard_stop.request_stop();
        return reply(503); // would be tried again
    };
    CHECK(bench.run() == Ending::stopped);
    CHECK(bench.noted("[Backfill] ✗ Failed to process conversation c2: the run was stopped before Supabase answered (2 "
                      "messages not confirmed as stored)"));
    auto const& frontier = bench.facts->frontier();
    REQUIRE(frontier.reached());
    CHECK(frontier.reached()->id == "c1");
    CHECK(frontier.failed() == 0);
}

TEST_CASE("a conversation whose rows Supabase did not take is passed, also when the run is stopped later")
{
    PipelineBench bench;
    bench.settings.batch_size = 1;
    bench.settings.batch_delay = 1ms;
    bench.add_conversations(3, 2);
    bench.upsert_answer = [&](std::size_t number) -> std::optional<http::Reply> {
        if (number >= 1 && number <= kTries) {
            return reply(503);
        }
        if (number == 1 + kTries) {
            bench.stop.request_stop();
        }
        return std::nullopt;
    };
    bench.run();
    auto const& frontier = bench.facts->frontier();
    CHECK(frontier.reached()->id == "c3");
    CHECK(frontier.failed() == 1);
}

TEST_CASE("ten throttled conversations in a row stop the run and keep its place")
{
    PipelineBench bench;
    bench.add_conversations(30, 2);
    for (int i = 2; i <= 30; ++i) {
        if (i != 10) { // the list is in the order of the ids: c1, c10, c11 … c19, c2
            bench.freshchat_answer("c" + std::to_string(i), reply(429));
        }
    }
    CHECK(bench.run() == Ending::stopped);
    CHECK(bench.stop.stop_requested());
    CHECK(bench.noted(
        "[Backfill] Warning: Freshchat's quota is used up: ten conversations in a row were throttled, the last one: "
        "HTTP 429 (gave up after 4 tries). The run stops; run it again later."));
    auto const run = bench.facts->snapshot();
    CHECK(run.quota_back == "later");
    CHECK(run.conversations.processed == 2);
    CHECK(run.conversation_failures.empty()); // they were to have another turn
    CHECK(bench.not_reached() == 28);
    CHECK(bench.printed("  totalMessagesInserted: 4,"));
    CHECK(bench.facts->frontier().reached()->id == "c10");
}

TEST_CASE("a conversation that was throttled to its last try gets one more turn at the end")
{
    auto const answered_tries = GENERATE(4, 8);
    PipelineBench bench;
    bench.settings.concurrency = GENERATE(1, 3);
    bench.add_conversations(5, 2);
    bench.freshchat_answer("c1", reply(429));
    std::atomic<int> calls{0};
    bench.on_request = [&](http::Request const& request) {
        if (request.target.find("/c1/") != std::string::npos && ++calls == answered_tries + 1) {
            bench.freshchat_answer("c1", reply(200, R"({"messages":[]})"));
        }
    };
    CHECK(bench.run() == Ending::complete);
    bool const served = answered_tries == 4;
    CHECK(calls == (served ? 5 : 8));
    CHECK(bench.exit_code() == (served ? 0 : 3));
    CHECK(bench.facts->snapshot().conversations.processed == (served ? 5 : 4));
    CHECK(bench.count_notes("throttled") == 0);
    CHECK(bench.stored_count() == 8);
}

TEST_CASE("a wait that is longer than MAX_WAIT stops the run at the call that was told of it")
{
    PipelineBench bench;
    auto const status = GENERATE(429, 503);
    bench.settings.pace = GENERATE(Pace::fixed, Pace::adaptive);
    bench.settings.quota.max_wait = 15min;
    bench.add_conversations(120, 1);
    for (int i = 3; i <= 120; ++i) {
        bench.freshchat_answer("c" + std::to_string(i), reply(status, "", {{"Retry-After", "1800"}}));
    }
    CHECK(bench.run() == Ending::stopped);
    CHECK(bench.facts->snapshot().quota_back.starts_with("after 2"));
    CHECK(bench.facts->snapshot().conversations.failed == 0);
    CHECK(bench.freshchat_calls() < 5);
    CHECK(bench.count_notes("Freshchat's quota is used up: ") == 1);
    CHECK(bench.count_notes(
              "the server asks to wait 1800 s, which is too long (MAX_WAIT=900s). The run stops; run it again after 20")
        == 1);
}

TEST_CASE("a stop before the first batch prints no summary")
{
    PipelineBench bench;
    bench.add_conversations(1, 1);
    bench.stop.request_stop();
    CHECK(bench.run() == Ending::stopped);
    CHECK_FALSE(bench.printed("Summary: {"));
}

TEST_CASE("a token refused in the middle ends the run, and what was fetched before is stored")
{
    PipelineBench bench;
    bench.add_conversations(4, 1);
    bench.freshchat_answer("c3", reply(401));
    CHECK(bench.run() == Ending::fatal);
    CHECK(bench.stored_count() == 2);
    CHECK(bench.printed("[Backfill] Stopped: 2 conversations not reached"));
    REQUIRE(bench.notes.size() == 1);
    CHECK(bench.notes[0].starts_with("[Backfill] Fatal: Freshchat refused the token: HTTP 401"));
    auto const took = bench.facts->snapshot().elapsed;
    bench.clock.advance(1h);
    CHECK(bench.facts->snapshot().elapsed == took); // what is written later tells the same
}

TEST_CASE("a stop between batches is a stop, also where more conversations are in the list than were counted")
{
    PipelineBench bench;
    bench.settings.batch_size = 2;
    bench.settings.batch_delay = 7ms;
    bench.add_conversations(6, 1);
    bench.miscount = [](std::size_t) { return static_cast<std::size_t>(-5); }; // as an estimate may
    bench.clock.on_nap([&](auto) { bench.stop.request_stop(); });
    CHECK(bench.run() == Ending::stopped);
    CHECK(bench.stored_count() < 6);
}

TEST_CASE("what to do next tells the reasons of failures without what is of the one call")
{
    PipelineBench bench;
    bench.add_conversations(4, 1);
    for (auto const* id : {"c2", "c3"}) {
        bench.freshchat_answer(id, http::TransportError{http::TransportError::Kind::timeout, {}});
    }
    bench.freshchat_answer("c4", reply(503, {}, {{"x-request-id", "4711"}}));
    bench.run();
    auto const steps = next_steps(bench.settings, bench.facts->snapshot(), {Ending::complete, 3, {}});
    REQUIRE(steps.size() == 1);
    CHECK(steps[0].starts_with("3 conversations failed on the network or on one side's errors (2 × Connection timeout, "
                               "1 × HTTP 503). Such faults"));
}
