// What a run says at its end, of its pace and of conversations.

#include "app/log/advice.hpp"
#include "support/pipeline_bench.hpp"
#include "support/scratch_file.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <tuple>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;
using namespace std::chrono_literals;

TEST_CASE("adaptive: what the run prints of its pace")
{
    PipelineBench bench;
    bench.settings.pace = Pace::adaptive;
    bench.settings.quota.max_per_minute = 600;
    bench.settings.quota.share = 1;
    bench.add_conversations(21, 2);
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.printed("Configuration: BATCH_SIZE=50, PACE=adaptive, CONCURRENCY=1"));
    CHECK(bench.out.back()
        == "[Backfill] Freshchat: 21 requests, 0 throttled, 0 retried; ceiling 600/min (given), 100% used; limited by "
           "quota");
    CHECK(*(bench.out.end() - 2) == "}");
    CHECK(bench.stored_count() == 42);
}

TEST_CASE("adaptive: a quota that was never met is said so")
{
    PipelineBench bench;
    bench.settings.pace = Pace::adaptive;
    bench.add_conversations(3, 1);
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.out.back().starts_with(
        "[Backfill] Freshchat: 3 requests, 0 throttled, 0 retried; no ceiling met; limited by "));
}

TEST_CASE("a run taken up again says so, and fails when an earlier part did")
{
    PipelineBench bench;
    bench.last_run = {.after = Conversation{"c2", "2025-01-01T00:00:00+00:00"}, .failed_before = 2};
    bench.add_conversations(4, 1);
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.noted(
        "[Backfill] Going on after conversation c2, where the last run stopped; 2 conversations before it failed"));
    CHECK(bench.exit_code() == 3);
    CHECK(next_steps(bench.settings, bench.facts->snapshot(), {Ending::complete, 3, {}})
        == std::vector<std::string>{"2 conversations failed in the parts of this pass that earlier runs did: run it "
                                    "again, from the oldest."});
    CHECK(bench.stored_count() == 2);
}

TEST_CASE("conversations that end on pages without news, though these link to another, are told")
{
    PipelineBench bench;
    bench.add_conversations(3, 1);
    for (auto const* id : {"c2", "c3"}) {
        bench.freshchat_answer(id, reply(200, R"({"messages":[{"id":"m"}],"link":{"href":"/v2/next"}})"));
    }
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.count_notes("the last pages of 2 conversations held no new message") == 1);
}

TEST_CASE("conversations that came to the part that earlier runs did are told, however many went")
{
    PipelineBench bench;
    auto const came = GENERATE(0U, 1U);
    auto const went = GENERATE(0, 1, 2);
    IdSketch passed;
    passed.add("c2");
    for (auto const* id : {"c1", "gone", "gone, too"}) {
        if (id == std::string{"c1"} ? came == 0 : id == std::string{"gone"} ? went > 0 : went > 1) {
            passed.add(id);
        }
    }
    bench.last_run = {.after = Conversation{"c2", "2025-01-01T00:00:00+00:00"}, .passed_before = passed};
    bench.add_conversations(4, 1);
    CHECK(bench.run() == Ending::complete);
    CHECK(bench.exit_code() == (came > 0 ? 3 : 0));
    CHECK(bench.facts->snapshot().conversations.unread == came);
    CHECK(bench.count_notes("1 conversation came with a time that lies before the place") == static_cast<long>(came));
}

TEST_CASE("a stop leaves the place up to where everything has ended")
{
    PipelineBench bench;
    bench.settings.rate_limit_delay = 1s;
    bench.add_conversations(9, 1);
    bench.freshchat_answer("c2", reply(400));
    auto naps = 0;
    bench.clock.on_nap([&](auto) {
        if (++naps == 4) {
            bench.stop.request_stop();
        }
    });
    CHECK(bench.run() == Ending::stopped);
    REQUIRE(bench.facts->frontier().reached());
    CHECK(bench.facts->frontier().reached()->id == "c4");
    CHECK(bench.facts->frontier().failed() == 1);
    CHECK(bench.not_reached() == 5);
}
