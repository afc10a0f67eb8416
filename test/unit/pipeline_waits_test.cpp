// What a run says that it waited for.

#include "support/instant_clock.hpp"
#include "support/pipeline_bench.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <set>
#include <thread>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;
using namespace std::chrono_literals;

namespace {

/// While a side is asked. Gives up after a while, so that a broken tally is a failed test.
void pass_time_until(PipelineBench& bench, std::function<bool(Waits const&)> const& enough)
{
    auto const patience = std::chrono::steady_clock::now() + 10s;
    while (!enough(bench.facts->snapshot().waits) && std::chrono::steady_clock::now() < patience) {
        bench.clock.advance(10ms);
        std::this_thread::yield();
    }
}

} // namespace

TEST_CASE("a fetcher that waits for a look-up is limited by Supabase, also when nothing comes of it")
{
    PipelineBench bench;
    bench.settings.mode = Mode::missing;
    bench.add_conversations(1, 1);
    bench.store("c1", "c1-m0");
    bench.on_request = [&](http::Request const& request) {
        if (request.target.find("conversationid=in.") != std::string::npos) {
            pass_time_until(bench, [](Waits const& waits) { return waits.supabase > 1s; });
        }
    };
    CHECK(bench.run() == Ending::complete);
    auto const waits = bench.facts->snapshot().waits;
    CHECK(waits.supabase > 1s);
    CHECK(waits.work == 0s);
    CHECK(waits.longest() == "supabase");
}

TEST_CASE("a fetcher for which nothing is left, while another one is at work, is limited by the work")
{
    PipelineBench bench;
    bench.settings.concurrency = 2;
    bench.add_conversations(1, 1);
    bench.on_request = [&](http::Request const& request) {
        if (request.target.starts_with("/conversations/")) {
            pass_time_until(bench, [](Waits const& waits) { return waits.work > 1s; });
        }
    };
    CHECK(bench.run() == Ending::complete);
    auto const waits = bench.facts->snapshot().waits;
    CHECK(waits.work > 1s);
    CHECK(waits.work <= waits.latency);
}

TEST_CASE("a run that waits for its last rows only is limited by Supabase")
{
    PipelineBench bench;
    bench.add_conversations(1, 1);
    bench.upsert_answer = [](std::size_t number) -> std::optional<http::Reply> {
        return number == 0 ? std::optional{reply(503)} : std::nullopt; // and a wait before the second try
    };
    CHECK(bench.run() == Ending::complete);
    auto const waits = bench.facts->snapshot().waits;
    CHECK(waits.supabase == bench.clock.slept());
    CHECK(waits.longest() == "supabase");
}

TEST_CASE("a run that has not waited is limited by its work, not by the first reason that there is")
{
    CHECK(Waits{}.longest() == "work");
    CHECK(Waits{.delays = 1ms}.longest() == "delays");
}

TEST_CASE("fetchers join in where answers take long, up to the most, and none where their number was set")
{
    auto const most = GENERATE(as<std::size_t>{}, 0, 3);
    PipelineBench bench;
    bench.settings.pace = Pace::adaptive;
    bench.settings.quota.max_per_minute = 600;
    bench.settings.concurrency = 1;
    bench.settings.most_fetchers = most;
    bench.add_conversations(200, 1);
    std::set<std::thread::id> fetchers;
    bench.on_request = [&](http::Request const& request) {
        if (request.target.starts_with("/conversations/")) { // one at a time
            fetchers.insert(std::this_thread::get_id());
            bench.clock.advance(2s);
        }
    };
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.stored_count() == 200);
    CHECK(fetchers.size() <= std::max<std::size_t>(most, 1));
    CHECK((fetchers.size() > 1) == (most > 1));
}
