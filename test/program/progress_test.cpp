// What somebody sees who watches a run: on a terminal, elsewhere, and when asking.

#include "program/frozen_postgrest.hpp"
#include "program/tables.hpp"
#include "support/program_run.hpp"
#include "support/screen.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <csignal>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace backfill::test;

namespace {

constexpr auto kErase = "\x1B[J";
constexpr std::string_view kWrapOff = "\x1B[?7l";
constexpr std::string_view kWrapOn = "\x1B[?7h";

/// Two conversations are done, one has failed, and the last one hangs until the run is stopped.
struct Hanging {
    Hanging()
        : simulator{
            Conversations{{"erste-ü-✓", messages("a", 2)}, {"second", messages("b", 3)}, {"third", {}}, {"fourth", {}}},
            {.faults = {{.conversation = "third", .times = kAlways, .status = 404},
                 {.conversation = "fourth", .times = kAlways, .kind = FaultKind::hang}}}}
    {
        store_only({"erste-ü-✓", "second", "third", "fourth"});
    }

    std::unique_ptr<Subprocess> start(std::optional<Terminal> const& terminal, Environment const& changes) const
    {
        auto const settings = with(settings_for(simulator),
            {{"RATE_LIMIT_DELAY", "1"}, {"TERM", "xterm"}, {"NO_COLOR", "1"}}); // the delay: rows go out at once
        return start_program({"run"}, with(settings, changes), {}, terminal);
    }

    Simulator simulator;
};

/// What was drawn last below the lines; empty when it is taken away.
std::string status_of(std::string const& written)
{
    auto const begin = written.rfind(kWrapOff);
    auto const end = begin == std::string::npos ? begin : written.find(kWrapOn, begin);
    auto const erased = written.rfind(kErase);
    if (end == std::string::npos || erased > begin) {
        return {};
    }
    return written.substr(begin + kWrapOff.size(), end - begin - kWrapOff.size());
}

bool shows(Subprocess const& program, std::string const& beginning, std::size_t columns)
{
    return program.wait_until(Stream::err, [&](std::string const& written) {
        auto const status = status_of(written);
        return status.starts_with(beginning) && status.size() < columns;
    });
}

Ended interrupt(Subprocess& program)
{
    program.send(SIGINT);
    auto ended = program.wait();
    CHECK(ended.code == 130);
    return ended;
}

std::vector<std::string> const kLinesOfHanging{
    "=== Backfill Messages - Start ===", "Configuration: BATCH_SIZE=50, RATE_LIMIT_DELAY=1ms, BATCH_DELAY=0ms",
    "[Backfill] Fetching all conversations from database...", "[Backfill] Found 4 conversations to process", "",
    "[Backfill] === Batch 1/1 (4 conversations) ==="};

} // namespace

TEST_CASE("on a terminal one line below all others is rewritten, and at the end it is gone")
{
    Hanging const run;
    auto const program = run.start(Terminal{.columns = 80}, {});
    REQUIRE(program->wait_for(Stream::err, "✓ Conversation second"));
    REQUIRE(shows(*program, "3/4 75% [=======", 80));
    CHECK(status_of(program->read_so_far(Stream::err)).find(" 5 new 0 skipped 1 failed") != std::string::npos);
    auto const ended = interrupt(*program);
    CHECK(ended.out == "");
    auto const rows = Screen{ended.err}.rows();
    REQUIRE(rows.size() == 22);
    for (std::size_t i = 0; i < kLinesOfHanging.size(); ++i) {
        CHECK(rows[i] == kLinesOfHanging[i]);
    }
    std::set<std::string> const ends{rows.begin() + 6, rows.begin() + 9};
    CHECK(ends.contains("[Backfill] ✓ Conversation erste-ü-✓: 2 new, 0 skipped, 2 total"));
    CHECK(ends.contains("[Backfill] ✓ Conversation second: 3 new, 0 skipped, 3 total"));
    CHECK(rows[9] == "[Backfill] Stopped: 1 conversation not reached");
    CHECK(rows[20] == "}");
    CHECK(rows[21] == "");
    CHECK(ended.err.find(kWrapOff, ended.err.find("Summary")) == std::string::npos); // not even for a moment
}

TEST_CASE("a second signal after a second ends the run at once, and the line is gone all the same")
{
    Hanging run;
    std::unique_ptr<FrozenPostgrest> frozen; // before the rows that wait for more are sent
    run.simulator.on_request([&](SeenRequest const& request) {
        if (request.conversation == "fourth") {
            frozen = std::make_unique<FrozenPostgrest>();
        }
    });
    auto const program = run.start(Terminal{.columns = 80}, {{"RATE_LIMIT_DELAY", "0"}});
    REQUIRE(shows(*program, "1/4 25% [", 80));
    program->send(SIGTERM);
    std::this_thread::sleep_for(1100ms);
    program->send(SIGINT);
    auto const ended = program->wait();
    CHECK(ended.code == 130);
    CHECK(ended.err.ends_with(kErase));
    CHECK(ended.err.find("Summary") == std::string::npos);
}

TEST_CASE("the line is never wider than the terminal, also when that is resized")
{
    Hanging const run;
    auto const program = run.start(Terminal{.columns = 200}, {});
    REQUIRE(shows(*program, "3/4 75% [======================>       ] ", 200));
    CHECK(status_of(program->read_so_far(Stream::err)).find(" limited by ") != std::string::npos);
    auto const wide = program->read_so_far(Stream::err).size();
    program->resize(20);
    REQUIRE(shows(*program, "3/4 75%", 20));
    auto const narrow = program->read_so_far(Stream::err).size();
    program->resize(80);
    REQUIRE(shows(*program, "3/4 75% [", 80));
    auto const ended = interrupt(*program);
    CHECK(wide < narrow);
    CHECK(narrow < ended.err.size());
}

TEST_CASE("lines of both streams scroll above it, whole, while many threads write")
{
    Conversations conversations;
    std::vector<std::string> ids;
    Switches switches;
    for (int i = 0; i < 300; ++i) {
        ids.push_back("ünï-" + std::to_string(i));
        conversations[ids.back()] = messages(ids.back() + "-", i % 4);
        if (i % 3 == 1) {
            switches.faults.push_back({.conversation = ids.back(), .times = kAlways, .status = 404});
        }
    }
    switches.latency = std::chrono::milliseconds{60}; // some redraws long
    store_only(ids);
    Simulator const simulator{conversations, switches};
    auto const program = start_program({"run", "--concurrency", "8"},
        with(settings_for(simulator), {{"TERM", "xterm"}, {"PROGRESS_INTERVAL", "1s"}}), {},
        Terminal{.columns = 200}); // wider than most lines: what is left of it would be seen
    auto const ended = program->wait();
    CHECK(ended.code == 3);
    CHECK(ended.err.find(kErase) != std::string::npos);
    std::string out;
    std::size_t failed = 0;
    for (auto const& row : Screen{ended.err}.rows()) {
        if (row.starts_with("[Backfill] Next: ")) { // the last lines, wider than the terminal
            break;
        }
        bool const note = row.starts_with("[Backfill] ✗");
        CHECK((!note || row.ends_with("status NOT_FOUND")));
        CHECK(row.find("[Backfill]", 1) == std::string::npos);
        failed += row.find("✗ Failed to process conversation ünï-") != std::string::npos ? 1U : 0U;
        out += note ? "" : row + "\n";
    }
    CHECK(strange_lines(out).empty());
    CHECK(failed == switches.faults.size());
    CHECK(tally_of(out).lines == ids.size() - failed);
}

TEST_CASE("standard output that is redirected stays as it is, while the terminal shows the progress")
{
    Hanging const run;
    auto const program = run.start(Terminal{.columns = 80, .out_too = false}, {});
    REQUIRE(shows(*program, "3/4 75% [", 80));
    auto const ended = interrupt(*program);
    CHECK(ended.out.find('\x1B') == std::string::npos);
    CHECK(strange_lines(ended.out).empty());
    CHECK(tally_of(ended.out).lines == 2);
    auto const rows = Screen{ended.err}.rows();
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].starts_with("[Backfill] ✗ Failed to process conversation third: "));
    CHECK(rows[1] == "");
}

TEST_CASE("colours are there unless NO_COLOR is set")
{
    Hanging const run;
    auto const plain = run.start(Terminal{}, {});
    REQUIRE(shows(*plain, "3/4 75% [", 80));
    CHECK(interrupt(*plain).err.find("\x1B[3") == std::string::npos);
    auto const coloured = run.start(Terminal{}, {{"NO_COLOR", ""}});
    CHECK(coloured->wait_for(Stream::err, "\x1B[31m1 failed\x1B[0m"));
    interrupt(*coloured);
}

TEST_CASE("where a line cannot or shall not be rewritten, plain ones come now and then")
{
    Hanging const run;
    auto const [terminal, changes] = GENERATE(
        table<std::optional<Terminal>, Environment>({{Terminal{}, {{"TERM", "dumb"}}}, {Terminal{}, {{"TERM", ""}}},
            {Terminal{}, {{"PROGRESS", "plain"}}}, {std::nullopt, {}}, {std::nullopt, {{"PROGRESS", "plain"}}}}));
    auto const program = run.start(terminal, with(changes, {{"PROGRESS_INTERVAL", "1s"}}));
    CHECK(program->wait_for(Stream::err, "[Backfill] Progress: 3 of 4 conversations (75%), ", 2));
    auto const ended = interrupt(*program);
    CHECK(ended.err.find('\x1B') == std::string::npos);
}

TEST_CASE("SIGUSR1 tells the state at once, whatever PROGRESS says, and the run goes on")
{
    Hanging const run;
    auto const [terminal, changes] = GENERATE(table<std::optional<Terminal>, Environment>({{std::nullopt, {}},
        {std::nullopt, {{"PROGRESS", "none"}}}, {Terminal{}, {{"PROGRESS", "none"}}}, {Terminal{}, {}}}));
    auto const program = run.start(terminal, changes);
    auto const out = terminal ? Stream::err : Stream::out;
    REQUIRE(program->wait_for(out, "✓ Conversation second"));
    REQUIRE(run.simulator.wait_for_requests(5));
    for (std::size_t asked = 1; asked <= 3; ++asked) {
        program->send(SIGUSR1);
        REQUIRE(program->wait_for(Stream::err, "[Backfill] Progress: 3 of 4 conversations (75%), ", asked));
    }
    CHECK(program->read_so_far(Stream::err).find(" 5 new, 0 skipped, 1 conversation failed; 4 requests, 0 throttled; ")
        != std::string::npos);
    bool const rewritten = terminal && !changes.contains("PROGRESS");
    auto const ended = interrupt(*program);
    CHECK((ended.err.find(kErase) != std::string::npos) == rewritten);
}

TEST_CASE("who waits for quota is told so")
{
    store_only({"only"});
    Simulator const simulator{Conversations{{"only", messages("a", 1)}},
        {.faults = {{.times = kAlways,
             .status = 429,
             .retry_after = RetryAfter::seconds,
             .wait = std::chrono::seconds{600}}}}};
    auto const settings = with(settings_for(simulator),
        {{"TERM", "xterm"}, {"NO_COLOR", "1"}, {"PACE", "adaptive"}, {"RATE_LIMIT_DELAY", ""}, {"BATCH_DELAY", ""},
            {"PAGE_DELAY", ""}});
    auto const program = start_program({"run"}, settings, {}, Terminal{.columns = 120});
    CHECK(program->wait_for(Stream::err, "0 skipped 1 x 429 waiting 10 min for quota"));
    program->send(SIGUSR1);
    CHECK(program->wait_for(Stream::err, ", 1 throttled; "));
    interrupt(*program);
}
