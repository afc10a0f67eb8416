// From the course of a run to the columns of its pictures.

#include "app/page/pictures.hpp"

#include "support/page_reader.hpp"

#include <catch2/catch.hpp>

#include <numeric>
#include <random>

using namespace backfill;
using namespace backfill::app;
using backfill::test::holds;
using namespace std::chrono_literals;

namespace {

constexpr MessageWords kWords{{"new", "", ""}, {"skipped", "", ""}};
constexpr Day kDay2025 = 20'089; // 2025-01-01, a Wednesday

double sum_of(Picture const& picture, std::size_t series)
{
    return std::accumulate(picture.columns.begin(), picture.columns.end(), 0.0,
        [series](double sum, ChartColumn const& column) { return sum + column.values.at(series); });
}

void check_axis(Picture const& picture)
{
    REQUIRE_FALSE(picture.columns.empty());
    CHECK(picture.columns.size() <= 92);
    CHECK(picture.columns.front().from == Approx(0).margin(1e-9));
    CHECK(picture.columns.back().to == Approx(1));
    for (std::size_t i = 0; i < picture.columns.size(); ++i) {
        CHECK(picture.columns[i].to > picture.columns[i].from);
        CHECK((i == 0 || picture.columns[i].from == Approx(picture.columns[i - 1].to)));
    }
    CHECK_FALSE(picture.ticks.empty());
    CHECK(picture.ticks.size() <= 12);
    for (auto const& tick : picture.ticks) {
        CHECK((tick.at >= 0 && tick.at <= 1.0001));
    }
}

} // namespace

TEST_CASE("messages of any span of time are in few columns, and each is in one of them")
{
    auto const days = GENERATE(1, 2, 30, 92, 93, 400, 1000, 5000, 100'000, 3'600'000);
    auto const first = GENERATE(Day{-700'000}, Day{-3}, kDay2025);
    std::mt19937 random{static_cast<unsigned>(days)};
    std::uniform_int_distribution<Day> day{first, first + days - 1};
    RunHistory history;
    for (int i = 0; i < 400; ++i) {
        history.messages_seen(day(random), {.fresh = 2});
        history.messages_seen(day(random), {.stored = 1});
    }
    CAPTURE(days, first);
    auto const picture = messages_over_time(history, kWords);
    REQUIRE_FALSE(picture.columns.empty());
    check_axis(picture);
    CHECK(sum_of(picture, 0) == 400);
    CHECK(sum_of(picture, 1) == 800);
    CHECK(picture.sums == std::vector<std::size_t>{400, 800});
    CHECK(picture.series[0].name == "skipped");
}

TEST_CASE("a quarter is shown day by day, more by weeks that begin on Mondays, then by months and years")
{
    auto const labels = [](Day length) {
        RunHistory history;
        history.messages_seen(kDay2025, {.fresh = 1});
        history.messages_seen(kDay2025 + length, {.fresh = 1});
        auto const picture = messages_over_time(history, kWords);
        return std::pair{picture.columns.front().label, picture.columns.back().label};
    };
    using Ends = std::pair<std::string, std::string>;
    CHECK(labels(0) == Ends{"1 Jan 2025", "1 Jan 2025"});
    CHECK(labels(60) == Ends{"1 Jan 2025", "2 Mar 2025"});
    CHECK(labels(200) == Ends{"week of 30 Dec 2024", "week of 14 Jul 2025"});
    CHECK(labels(1000) == Ends{"Jan 2025", "Sep 2027"});
    CHECK(labels(4000) == Ends{"2025", "2035"});
}

TEST_CASE("a few messages of a clock that was wrong do not flatten all others, and are counted")
{
    RunHistory history;
    history.messages_seen(kDay2025, {.stored = 5000});
    history.messages_seen(kDay2025 + 40, {.fresh = 100});
    for (auto const stray : {Day{0}, Day{700'000}, kUndated}) { // the first in 1970
        history.messages_seen(stray, {.fresh = 1});
    }
    auto const picture = messages_over_time(history, kWords);
    REQUIRE_FALSE(picture.columns.empty());
    CHECK(picture.columns.size() == 41);
    CHECK(holds(picture.caption, "Not in the picture: 3 "));
    CHECK(picture.sums == std::vector<std::size_t>{5000, 103});
}

TEST_CASE("pictures of nothing say so in place of an empty frame")
{
    RunHistory const nothing;
    CHECK(messages_over_time(nothing, kWords).caption == "No message was seen.");
    CHECK(messages_per_conversation(nothing).caption == "No conversation was processed.");
    CHECK(requests_over_time(nothing, 1s, {}).caption == "Freshchat was not asked.");
    for (auto const& picture : response_times(nothing)) {
        CHECK(picture.columns.empty());
        CHECK(holds(picture.caption, "was not asked"));
    }
    RunHistory old;
    old.messages_seen(kDay2025, {.stored = 1});
    CHECK(holds(messages_over_time(old, kWords).caption, "No message was new."));
}

TEST_CASE("conversations by size: classes up to the last that is not empty")
{
    RunHistory history;
    for (std::size_t const size : {0U, 3U, 3U, 120U}) {
        history.conversation_ended(size);
    }
    auto const picture = messages_per_conversation(history);
    REQUIRE_FALSE(picture.columns.empty());
    auto const& columns = picture.columns;
    check_axis(picture);
    REQUIRE(columns.size() == 8);
    CHECK(columns[0].label == "0 messages");
    CHECK(columns[1].label == "1 message");
    CHECK(columns[2].label == "2–4 messages");
    CHECK(columns[2].values.at(0) == 2);
    CHECK(columns[7].label == "100–199 messages");
    CHECK(holds(picture.caption, "4 conversations were processed. Most frequent: 2–4 messages (2)."));
}

TEST_CASE("requests are shown as rates per minute, and a short rest goes with the interval before")
{
    RunHistory history;
    for (int second = 0; second < 64; ++second) { // two a second, every tenth second one is throttled
        history.freshchat_requests.add(std::chrono::seconds{second}, second % 10 == 0);
        history.freshchat_requests.add(std::chrono::seconds{second}, false);
    }
    calls::Traffic traffic;
    traffic.ceiling_per_minute = 200;
    traffic.origin = calls::CeilingOrigin::declared;
    auto const picture = requests_over_time(history, 64s, traffic);
    REQUIRE_FALSE(picture.columns.empty());
    check_axis(picture);
    REQUIRE(picture.columns.size() == 6); // of 10 s, the last of 14
    CHECK(picture.columns[0].values.at(0) == Approx(19 * 6));
    CHECK(picture.columns[0].values.at(1) == Approx(6));
    CHECK(picture.columns[5].values.at(0) == Approx((28 - 2) * 60.0 / 14));
    CHECK(picture.sums == std::vector<std::size_t>{121, 7});
    REQUIRE(picture.limit);
    CHECK(picture.limit->text == "ceiling 200/min (declared)");
}

TEST_CASE("a run of any length has few intervals, and none of its requests is missing")
{
    auto const length = GENERATE(10s, 11s, 100s, 1000s, 2h, 20h, 100h, 1000h);
    RunHistory history;
    for (int i = 0; i < 500; ++i) {
        history.freshchat_requests.add(Clock::Duration{length} * i / 500, false);
    }
    auto const picture = requests_over_time(history, length, {});
    REQUIRE_FALSE(picture.columns.empty());
    check_axis(picture);
    double requests = 0;
    auto const minutes = std::chrono::duration<double, std::ratio<60>>(length).count();
    for (auto const& column : picture.columns) {
        requests += column.values.at(0) * (column.to - column.from) * minutes;
    }
    CHECK(requests == Approx(500));
    CHECK(holds(picture.caption, "No ceiling was met or given."));
}

TEST_CASE("a moment's run has no rates")
{
    RunHistory history;
    history.freshchat_requests.add(0s, false);
    auto const picture = requests_over_time(history, 60ms, {});
    CHECK(picture.columns.empty());
    CHECK(picture.caption == "1 request within 0.06 s: the run was too short to speak of rates.");
}

TEST_CASE("response times of both sides share one axis, whose ticks are round")
{
    RunHistory history;
    for (int i = 0; i < 100; ++i) {
        history.freshchat_times.add(std::chrono::milliseconds{80 + i});
        history.supabase_times.add(std::chrono::milliseconds{5});
    }
    auto const pictures = response_times(history);
    REQUIRE(pictures.size() == 2);
    for (auto const& picture : pictures) {
        REQUIRE_FALSE(picture.columns.empty());
        check_axis(picture);
        CHECK(sum_of(picture, 0) == 100);
        CHECK(picture.ticks.size() == pictures[0].ticks.size());
    }
    CHECK(pictures[0].columns.size() == pictures[1].columns.size());
    std::vector<std::string> ticks;
    for (auto const& tick : pictures[0].ticks) {
        ticks.push_back(tick.text);
    }
    CHECK(ticks == std::vector<std::string>{"10 ms", "100 ms"});
    CHECK(holds(pictures[1].caption, "100 requests: half of them within 5.0\u00A0ms, 95\u00A0% within 5.0\u00A0ms"));
}
