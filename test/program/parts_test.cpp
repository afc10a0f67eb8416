// Runs that do a part: of limited time, or sparing calls.

#include "program/parts.hpp"
#include "program/tables.hpp"
#include "support/access_log.hpp"
#include "support/fault_proxy.hpp"
#include "support/program_run.hpp"
#include "support/psql.hpp"
#include "support/scratch_file.hpp"
#include "support/stack.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

using namespace backfill::test;
using namespace std::chrono_literals;

namespace {

std::string oldest(World const& world)
{
    auto first = world.conversation(0);
    for (std::size_t i = 1; i < world.size(); ++i) {
        auto const next = world.conversation(i);
        if (next.created_time.value_or("none") < first.created_time.value_or("none")) {
            first = next;
        }
    }
    return first.id;
}

} // namespace

TEST_CASE("runs of limited time go on where the last one stopped, until all is stored")
{
    auto const world = parted_world(120);
    store_only(world);
    Simulator const simulator{world};
    ScratchFile const state{""};
    std::filesystem::remove(state.path());
    auto const settings = with(settings_for(simulator),
        {{"RATE_LIMIT_DELAY", "100"}, {"CONCURRENCY", "2"}, {"MAX_DURATION", "2s"}, {"STATE_FILE", state.path()}});
    std::size_t inserted = 0;
    int legs = 0;
    int code = 10;
    for (; code == 10 && legs < 40; ++legs) {
        auto const ended = run_program({"run"}, settings);
        CAPTURE(ended.out, ended.err);
        code = ended.code;
        auto const summary = summary_of(ended.out);
        CHECK(summary.processed + summary.not_reached == summary.conversations);
        CHECK((ended.err.find("Going on after ") == std::string::npos) == (legs == 0));
        inserted += summary.inserted;
        CHECK((content_of(state.path()).find("\"stopped\"") != std::string::npos) == (code == 10));
    }
    CHECK(code == 0);
    CHECK(legs >= 2);
    CHECK(inserted == world.expected_row_count());
    CHECK(compare_with(world) == kEqual);
    std::map<std::string, int> visits;
    for (auto const& request : simulator.requests()) {
        visits[request.conversation] += request.page == 1 ? 1 : 0;
    }
    CHECK(visits.size() == world.size());
    auto const again = std::count_if(visits.begin(), visits.end(), [](auto const& visit) { return visit.second > 1; });
    CHECK(again <= 4 * legs); // only what was under way when the time was over
}

TEST_CASE("a conversation that failed before the place makes the run that completes the pass fail")
{
    auto const world = parted_world(40);
    store_only(world);
    Simulator const simulator{world, {.faults = {{.conversation = oldest(world), .times = kAlways, .status = 404}}}};
    ScratchFile const state{""};
    std::filesystem::remove(state.path());
    auto const settings = with(settings_for(simulator), {{"RATE_LIMIT_DELAY", "200"}, {"STATE_FILE", state.path()}});
    CHECK(run_program({"run"}, with(settings, {{"MAX_DURATION", "3s"}})).code == 10);
    auto const once = run_program({"run", "--conversation-id", oldest(world)}, settings); // leaves the place alone
    CHECK(once.code == 3);
    CHECK(
        once.err.find("It is kept for such a run; this one begins at the oldest conversation.\n") != std::string::npos);
    auto const rest = run_program({"run"}, with(settings, {{"RATE_LIMIT_DELAY", "0"}}));
    CAPTURE(rest.out, rest.err);
    CHECK(rest.code == 3);
    CHECK(summary_of(rest.out).failed == 0);
    CHECK(rest.err.find("Next: 1 conversation failed in the parts of this pass that earlier runs did")
        != std::string::npos);
    CHECK(content_of(state.path()).find("\"stopped\"") == std::string::npos);
}

TEST_CASE("conversations that come before the place make the run that completes the pass fail, and the next has them")
{
    auto const another_goes = GENERATE(false, true);
    auto const world = parted_world(40);
    store_only(world);
    auto const late = oldest(world);
    auto const time = psql("delete from \"Conversation\" where id = '" + late + "' returning created_time");
    Simulator const simulator{world};
    ScratchFile const state{""};
    auto const settings = with(settings_for(simulator), {{"RATE_LIMIT_DELAY", "200"}, {"STATE_FILE", state.path()}});
    CHECK(run_program({"run"}, with(settings, {{"MAX_DURATION", "3s"}})).code == 10);
    auto const gone = psql("select id from \"Conversation\" order by created_time limit 1");
    auto const gone_time = psql("select created_time from \"Conversation\" where id = '" + gone + "'");
    auto const insert = [](std::string const& id, std::string const& when) {
        psql("insert into \"Conversation\" (id, created_time) values ('" + id + "', '" + when + "')");
    };
    if (another_goes) {
        psql("delete from \"Message\" where conversationid = '" + gone + "'");
        psql("delete from \"Conversation\" where id = '" + gone + "'");
    }
    insert(late, time);
    auto const quick = with(settings, {{"RATE_LIMIT_DELAY", "0"}});
    auto const rest = run_program({"run"}, quick);
    CAPTURE(rest.out, rest.err);
    CHECK(rest.code == 3);
    CHECK(rest.err.find("Warning: 1 conversation came with a time that lies before the place") != std::string::npos);
    CHECK(compare_with(world) != kEqual);
    if (another_goes) {
        insert(gone, gone_time);
    }
    auto const next = run_program({"run"}, quick);
    CHECK(next.code == 0);
    CHECK(next.err.find("Going on after ") == std::string::npos);
    CHECK(compare_with(world) == kEqual);
}

TEST_CASE("a run that is throttled without end stops, keeps its place, and the next one goes on")
{
    auto const world = parted_world(60);
    store_only(world);
    Switches switches;
    switches.faults = {{.after = 30, .times = kAlways, .status = 429}};
    Simulator simulator{world, switches};
    ScratchFile const state{""};
    std::filesystem::remove(state.path());
    auto const settings = with(settings_for(simulator), {{"STATE_FILE", state.path()}, {"CONCURRENCY", "8"}});
    auto const throttled = run_program({"run"}, settings);
    CAPTURE(throttled.out, throttled.err);
    CHECK(throttled.code == 10);
    CHECK(throttled.err.find("Warning: Freshchat's quota is used up: ten conversations in a row were throttled, ")
        != std::string::npos);
    auto const summary = summary_of(throttled.out);
    CHECK(summary.failed == 0); // they were to have another turn
    CHECK(summary.processed + summary.failed + summary.not_reached == summary.conversations);
    CHECK(content_of(state.path()).find("\"stopped\"") != std::string::npos);
    simulator.set_switches({});
    CHECK(run_program({"run"}, settings).code == 0);
    CHECK(compare_with(world) == kEqual);
}

TEST_CASE("a dry run neither uses up nor moves the place")
{
    auto const world = parted_world(20);
    store_only(world);
    Simulator const simulator{world};
    ScratchFile const state{"{\"version\":1}"};
    auto const settings = with(settings_for(simulator), {{"STATE_FILE", state.path()}});
    CHECK(run_program({"dry-run"}, settings).code == 0);
    CHECK(content_of(state.path()) == "{\"version\":1}");
}

TEST_CASE("a damaged state file is warned of once, and the run is whole")
{
    auto const world = parted_world(10);
    store_only(world);
    Simulator const simulator{world};
    ScratchFile const state{"{\"version\":1,\xFF"};
    auto const ended = run_program({"run"}, with(settings_for(simulator), {{"STATE_FILE", state.path()}}));
    CHECK(ended.code == 0);
    CHECK(notes_of(ended) == "[Backfill] Warning: STATE_FILE=" + state.path() + " is damaged and ignored.\n");
    CHECK(compare_with(world) == kEqual);
}
