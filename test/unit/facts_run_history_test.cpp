// What a run keeps of its course for the pictures of its report page.

#include "app/facts/run_history.hpp"

#include "support/pipeline_bench.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstddef>
#include <numeric>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;
using namespace std::chrono_literals;

namespace {

RunHistory::Messages sum_of(RunHistory const& history)
{
    auto sum = history.undated;
    for (auto const& [day, messages] : history.messages_by_day) {
        sum += messages;
    }
    return sum;
}

std::size_t sent(RequestTimeline const& timeline)
{
    return std::accumulate(timeline.intervals().begin(), timeline.intervals().end(), std::size_t{0},
        [](std::size_t sum, auto const& interval) { return sum + interval.sent; });
}

} // namespace

TEST_CASE("days are those of UTC, before 1970 too, and a row without a time has none")
{
    constexpr long long kDay = 86'400'000'000;
    CHECK(day_of(1) == 0);
    CHECK(day_of(kDay - 1) == 0);
    CHECK(day_of(kDay) == 1);
    CHECK(day_of(-1) == -1);
    CHECK(day_of(-kDay) == -1);
    CHECK(day_of(-kDay - 1) == -2);
    CHECK(day_of(0) == kUndated);
}

TEST_CASE("however a run goes, the pictures' sums are the summary's numbers")
{
    auto const seed = GENERATE(range(0U, 12U));
    PipelineBench bench;
    bench.settings.report_file = "any";
    bench.settings.command = seed % 4 == 3 ? Command::dry_run : Command::run;
    bench.settings.messages.on_conflict = seed % 3 == 2 ? supabase::OnConflict::update : supabase::OnConflict::ignore;
    bench.add_conversations(30, 4);
    for (auto const* id : {"c3", "c4", "c9"}) {
        bench.store(id, std::string{id} + "-m1");
    }
    bench.break_at_random(seed);
    bench.run();
    auto const run = bench.facts->snapshot();
    auto const history = bench.facts->history();
    CHECK(sum_of(history).fresh == run.messages.fresh);
    CHECK(sum_of(history).stored == run.messages.stored);
    CHECK(std::accumulate(history.conversations_by_size.begin(), history.conversations_by_size.end(), std::size_t{0})
        == run.conversations.processed);
    CHECK(sent(history.freshchat_requests) == run.freshchat.sent);
    CHECK(history.freshchat_times.total() == run.freshchat.sent);
    CHECK(history.supabase_times.total() == run.supabase.sent);
}

TEST_CASE("new and stored messages are counted on their day")
{
    PipelineBench bench;
    bench.settings.report_file = "any";
    bench.add_conversations(3, 4);
    bench.store("c1", "c1-m0");
    bench.store("c1", "c1-m1");
    bench.run();
    auto const history = bench.facts->history();
    REQUIRE(history.messages_by_day.size() == 1);
    CHECK(history.messages_by_day.begin()->second.fresh == 10);
    CHECK(history.messages_by_day.begin()->second.stored == 2);
    CHECK(history.conversations_by_size.at(3) == 0);
    CHECK(history.conversations_by_size.at(2) == 3); // of 2 to 4
}

TEST_CASE("without a report file nothing of the course is kept")
{
    PipelineBench bench;
    bench.add_conversations(3, 2);
    bench.run();
    auto const history = bench.facts->history();
    CHECK(history.messages_by_day.empty());
    CHECK(history.freshchat_times.total() == 0);
}

TEST_CASE("days without end are counted, and not kept one by one")
{
    RunHistory history;
    for (Day day = 0; day < 60'000; ++day) {
        history.messages_seen(day - 30'000, {.fresh = 1});
    }
    history.messages_seen(kUndated, {.stored = 1});
    history.messages_seen(5, {.stored = 1});
    CHECK(history.messages_by_day.size() == RunHistory::kMostDays);
    CHECK(history.undated.fresh == 10'000);
    CHECK(history.undated.stored == 1);
    CHECK(sum_of(history).fresh == 60'000);
    CHECK(sum_of(history).stored == 2);
}

TEST_CASE("a conversation's class begins with its size")
{
    RunHistory history;
    for (std::size_t const size : {0, 1, 2, 4, 5, 9, 10, 1999, 2000, 1'000'000}) {
        history.conversation_ended(size);
    }
    CHECK(history.conversations_by_size == std::array<std::size_t, 12>{1, 1, 2, 2, 1, 0, 0, 0, 0, 0, 1, 2});
}

TEST_CASE("a run of any length is kept in a bounded number of intervals, and none of its requests is lost")
{
    auto const [each, width] = GENERATE(
        table<std::chrono::seconds, std::chrono::seconds>({{1s, 10s}, {20s, 60s}, {300s, 600s}, {86'400s, 86'400s}}));
    RequestTimeline timeline;
    constexpr std::size_t kRequests = 9000;
    for (std::size_t i = 0; i < kRequests; ++i) {
        timeline.add(each * i, i % 10 == 0);
    }
    CHECK(timeline.intervals().size() <= RequestTimeline::kMost);
    CHECK(timeline.width() == width);
    CHECK(sent(timeline) == kRequests);
    // In the first interval stand those of its time.
    CHECK(timeline.intervals()[0].sent == std::max<std::size_t>(static_cast<std::size_t>(width / each), 1));
    CHECK(timeline.intervals()[0].throttled >= 1);
}

TEST_CASE("a request that began before the clock's first look is in the first interval")
{
    RequestTimeline timeline;
    timeline.add(-1s, false);
    REQUIRE(timeline.intervals().size() == 1);
    CHECK(timeline.intervals()[0].sent == 1);
}

TEST_CASE("quantiles of times are right to 12 %, and never beyond the longest")
{
    DurationHistogram times;
    CHECK(times.quantile_ms(0.5) == 0);
    for (int i = 1; i <= 1000; ++i) {
        times.add(std::chrono::milliseconds{i});
    }
    for (double const part : {0.1, 0.5, 0.95, 0.99}) {
        CAPTURE(part);
        CHECK(times.quantile_ms(part) >= 1000 * part);
        CHECK(times.quantile_ms(part) <= 1000 * part * 1.13);
    }
    CHECK(times.quantile_ms(1) == 1000);
    CHECK(times.longest_ms() == 1000);
}

TEST_CASE("times beyond the scale stand at its ends")
{
    DurationHistogram times;
    times.add(0ns);
    times.add(24h);
    CHECK(times.counts().front() == 1);
    CHECK(times.counts().back() == 1);
    CHECK(times.quantile_ms(1) <= times.longest_ms());
}
