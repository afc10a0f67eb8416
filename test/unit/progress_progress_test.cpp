#include "app/log/number_text.hpp"
#include "app/progress/progress_meter.hpp"
#include "app/progress/progress_text.hpp"
#include "app/settings/settings.hpp"

#include <catch2/catch.hpp>

#include <regex>

using namespace backfill;
using namespace backfill::app;
using namespace std::chrono_literals;

namespace {

RunSnapshot at(Clock::Duration elapsed, std::size_t done, std::size_t calls, std::size_t taken = 700)
{
    RunSnapshot run;
    run.phase = Phase::running;
    run.elapsed = elapsed;
    run.conversations.taken = taken;
    run.conversations.processed = done;
    run.freshchat.sent = calls;
    return run;
}

/// 312 of 700, with everything that a line can tell.
ProgressView eventful_view()
{
    ProgressView view;
    view.run = at(7min, 309, 812);
    view.run.conversations.failed = 3;
    view.run.messages = {.fetched = 4745, .fresh = 4523, .stored = 210, .failed = 12};
    view.run.freshchat.by_outcome = {{"429", 14}};
    view.run.traffic.ceiling_per_minute = 396;
    view.run.traffic.origin = calls::CeilingOrigin::learned;
    view.conversations_per_minute = 44.4;
    view.left = {8min, 9min};
    view.limited_by = "quota";
    return view;
}

std::string bar(std::size_t columns, ProgressView const& view = eventful_view(), Settings const& settings = {})
{
    return progress_bar(view, settings, columns, Colours::none);
}

std::string plain(std::string const& line)
{
    static std::regex const colour{"\x1B\\[[0-9]*m"};
    return std::regex_replace(line, colour, "");
}

} // namespace

TEST_CASE("a wide terminal shows everything, a narrower one what matters most, and none is filled")
{
    CHECK(bar(200)
        == "312/700 44% [=============>                ] 44/min ETA 8-9 min 4523 new 210 skipped 3 failed "
           "12 messages failed 14 x 429 limited by quota");
    CHECK(bar(80) == "312/700 44% [====>      ] 44/min ETA 8-9 min 4523 new 3 failed limited by quota");
    CHECK(bar(40) == "312/700 44% 44/min ETA 8-9 min 3 failed");
    CHECK(bar(20) == "312/700 44% 44/min");
    CHECK(bar(8) == "312/700");
    CHECK(bar(4) == "312");
    CHECK(bar(1).empty());
    CHECK(bar(0).empty());
}

TEST_CASE("no width makes a line as wide as the terminal, and the bar takes what is left over")
{
    for (std::size_t columns = 1; columns < 260; ++columns) {
        CAPTURE(columns);
        CHECK(bar(columns).size() < columns);
        CHECK((columns < 9 || bar(columns).starts_with("312/700")));
        auto const coloured = progress_bar(eventful_view(), {}, columns, Colours::some);
        CHECK(plain(coloured) == bar(columns));
    }
    auto quiet = eventful_view();
    quiet.run.conversations.failed = quiet.run.messages.failed = 0;
    quiet.run.freshchat.by_outcome.clear();
    quiet.left.reset();
    CHECK(bar(80, quiet) == "309/700 44% [========>           ] 44/min 4523 new 210 skipped limited by quota");
    CHECK(bar(80, quiet).size() == 79);
}

TEST_CASE("only a bar that is wanted in colours has them")
{
    CHECK(bar(200).find('\x1B') == std::string::npos);
    auto const coloured = progress_bar(eventful_view(), {}, 200, Colours::some);
    CHECK(coloured.find("\x1B[31m3 failed\x1B[0m") != std::string::npos);
    CHECK(coloured.find("\x1B[33m14 x 429\x1B[0m") != std::string::npos);
}

TEST_CASE("each command has its own words")
{
    auto const view = eventful_view();
    Settings settings;
    settings.command = Command::dry_run;
    CHECK(bar(200, view, settings).find("4523 to insert 210 skipped") != std::string::npos);
    settings.messages.on_conflict = supabase::OnConflict::update;
    CHECK(bar(200, view, settings).find("4523 to insert 210 to update") != std::string::npos);
    settings.command = Command::run;
    CHECK(bar(200, view, settings).find("4523 new 210 updated") != std::string::npos);
    settings = {};
    settings.command = Command::verify;
    CHECK(bar(200, view, settings).find("4523 missing 210 stored") != std::string::npos);
    settings.repair = true;
    CHECK(bar(200, view, settings).find("4523 repaired 210 stored") != std::string::npos);
}

TEST_CASE("a pause is told while it lasts, with how long it will")
{
    auto view = eventful_view();
    view.run.traffic.waiting = 8;
    view.run.traffic.next_slot_in = 42s;
    Settings settings;
    settings.pace = Pace::adaptive;
    CHECK(bar(200, view, settings).ends_with(" waiting 42 s for quota"));
    CHECK(progress_event(view, settings).text.ends_with("; waiting 42 s for quota"));
    view.run.traffic.is_warming_up = true; // many shards begin slowly
    view.limited_by = "warmup";
    CHECK(progress_event(view, settings).text.ends_with("; limited by warmup"));
    view.run.traffic.is_warming_up = false;
    view.limited_by = "quota";
    settings.pace = Pace::fixed;
    CHECK(bar(200, view, settings).ends_with(" pausing 42 s as Freshchat asks"));
    view.run.traffic.next_slot_in = 1s; // the spacing of calls
    CHECK(bar(200, view, settings).ends_with(" limited by quota"));
}

TEST_CASE("before the first conversation the line says what is going on")
{
    ProgressView view;
    view.run.elapsed = 12s;
    CHECK(bar(80, view) == "checking both sides, 12 s");
    CHECK(bar(10, view) == "checking ");
    view.run.phase = Phase::listing;
    CHECK(progress_event(view, {}).text == "[Backfill] Progress: reading the list of conversations, 12 s so far");
}

TEST_CASE("the plain line tells the same")
{
    CHECK(progress_event(eventful_view(), {}).text
        == "[Backfill] Progress: 312 of 700 conversations (44%), 44/min, 8-9 min left; 4523 new, 210 skipped, 12 "
           "messages failed, 3 conversations failed; 812 requests, 14 throttled, ceiling 396/min (learned); limited by "
           "quota");
}

TEST_CASE("what is left is the calls left by the rate, as a range that narrows")
{
    ProgressMeter meter;
    CHECK_FALSE(meter.look(at(10s, 0, 0)).left); // nothing is known yet
    CHECK_FALSE(meter.look(at(12s, 2, 4)).left); // too soon
    auto const early = meter.look(at(20s, 4, 8)).left;
    REQUIRE(early); // 696 conversations × 2 calls ÷ 0.8 a second = 1740 s, ± 1/√4
    CHECK(early->low == 870s);
    CHECK(early->high == 2610s);
    for (int second = 21; second < 1010; ++second) {
        auto const done = static_cast<std::size_t>(second - 10) * 2 / 5;
        meter.look(at(std::chrono::seconds{second}, done, 2 * done));
    }
    auto const late = meter.look(at(1010s, 400, 800)).left;
    REQUIRE(late); // 600 calls ÷ 0.8 = 750 s, ± 1/√400, and the last minute's rate was within 2 % of that
    CHECK(late->low > 690s);
    CHECK(late->low <= 712500ms);
    CHECK(late->high >= 787500ms);
    CHECK(late->high < 810s);
}

TEST_CASE("when the pace changes, the range spans the old and the new one")
{
    ProgressMeter meter;
    meter.look(at(0s, 0, 0, 10'100));
    for (int second = 1; second <= 100; ++second) {
        meter.look(at(
            std::chrono::seconds{second}, static_cast<std::size_t>(second), static_cast<std::size_t>(second), 10'100));
    }
    std::optional<ProgressView::Range> left;
    for (int second = 101; second <= 160; ++second) { // a quarter as fast
        auto const done = static_cast<std::size_t>(100 + (second - 100) / 4);
        left = meter.look(at(std::chrono::seconds{second}, done, done, 10'100)).left;
    }
    REQUIRE(left); // 9985 left: 115 in 160 s overall, 15 in the last minute
    CHECK(left->low < 9985s * 160 / 115);
    CHECK(left->high > 9985s * 60 / 15);
}

TEST_CASE("no estimate is shown when nothing is left")
{
    ProgressMeter meter;
    meter.look(at(0s, 0, 0));
    CHECK_FALSE(meter.look(at(60s, 700, 700)).left);
    CHECK_FALSE(meter.look(at(61s, 800, 800)).left);
}

TEST_CASE("no estimate is shown while the last conversations wait or are tried again")
{
    ProgressMeter meter;
    for (int second = 0; second < 70; ++second) {
        meter.look(at(std::chrono::seconds{second}, static_cast<std::size_t>(second) * 10,
            static_cast<std::size_t>(second) * 10));
    }
    CHECK_FALSE(meter.look(at(69900ms, 699, 699)).left); // a tenth of a second
    auto left = meter.look(at(70s, 680, 680)).left;
    REQUIRE(left);
    CHECK(left->high >= 2s);
    CHECK(left->high < 4s);
    CHECK(meter.look(at(71s, 680, 680)).left);
    CHECK_FALSE(meter.look(at(75s, 680, 681)).left); // it has passed
    CHECK_FALSE(meter.look(at(110s, 680, 683)).left);

    auto pausing = at(111s, 681, 684);
    CHECK(meter.look(pausing).left);
    pausing.traffic.next_slot_in = 42s;
    CHECK_FALSE(meter.look(pausing).left);
}

TEST_CASE("conversations that need no call count too")
{
    ProgressMeter meter;
    meter.look(at(0s, 0, 0));
    auto const left = meter.look(at(100s, 100, 0)).left;
    REQUIRE(left);
    CHECK(left->low == 540s);
    CHECK(left->high == 660s);
}

TEST_CASE("what limits the run is what it waited for in the last minute")
{
    ProgressMeter meter;
    auto run = at(0s, 0, 0);
    meter.look(run);
    run = at(300s, 100, 100);
    run.waits.latency = 250s;
    CHECK(meter.look(run).limited_by == "latency");
    run = at(360s, 101, 101);
    run.waits = {.quota = 50s, .latency = 252s};
    CHECK(meter.look(run).limited_by == "quota");
}

TEST_CASE("durations read in the unit that fits")
{
    CHECK(duration_text(0s) == "0 s");
    CHECK(duration_text(89s) == "89 s");
    CHECK(duration_text(90s) == "2 min");
    CHECK(duration_text(89min) == "89 min");
    CHECK(duration_text(90min) == "1 h 30 min");
    CHECK(duration_text(2h) == "2 h");
    CHECK(duration_text(47h) == "47 h");
    CHECK(duration_text(72h) == "3 days");
    CHECK(range_text(8min, 9min) == "8-9 min");
    CHECK(range_text(50s, 2min) == "50 s - 2 min");
    CHECK(range_text(50s, 50s) == "50 s");
    CHECK(range_text(2h, 3h) == "2 h - 3 h");
}
