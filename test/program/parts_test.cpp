// Runs that do a part: of limited time, or sparing calls.

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

World parted_world(std::size_t conversations, std::size_t one_long = 0)
{
    return World::make({.conversations = conversations, .nulls = 5, .one_long = one_long});
}

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

/// The table of messages refuses this one.
struct Without {
    explicit Without(std::string const& id)
    {
        psql("alter table \"Message\" add constraint without check (id <> '" + id + "') not valid");
    }
    Without(Without const&) = delete;
    Without& operator=(Without const&) = delete;
    ~Without() { psql("alter table \"Message\" drop constraint without"); }
};

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

TEST_CASE("cheap modes over a full table: one call a conversation, or none, and no POST with rows")
{
    auto const world = parted_world(150, 230);
    store_only(world);
    Simulator simulator{world};
    auto const settings = with(settings_for(simulator), {{"CONCURRENCY", "4"}});
    REQUIRE(run_program({"run"}, settings).code == 0);
    auto const all_have_messages = row_count() > 0;
    CHECK(all_have_messages);
    simulator.clear_requests();
    AccessLog const log;
    auto const quiet = run_program({"run", "--mode=incremental"}, settings);
    CHECK(quiet.code == 0);
    CHECK(simulator.counters().requests == world.size());
    auto const missing = run_program({"run", "--mode=missing"}, settings);
    CHECK(missing.code == 0);
    auto const without = world.size() - std::stoul(missing.out.substr(missing.out.find("conversationsSkipped: ") + 22));
    CHECK(simulator.counters().requests == world.size() + without);
    CHECK(summary_of(missing.out).processed == without);
    CHECK(posts_with_rows(log.entries()) == 0);
    CHECK(compare_with(world) == kEqual);
}

TEST_CASE("missing: a conversation that was stored in part is met again, after a stop and after a kill")
{
    bool const has_state = GENERATE(false, true);
    bool const killed = GENERATE(false, true);
    CAPTURE(has_state, killed);
    store_only({"k1", "k2"});
    Conversations const held{{"k1", messages("a", 2000)}, {"k2", messages("b", 2000)}};
    Simulator simulator{held};
    FaultProxy proxy{Stack::local().value("HTTP_URL"),
        {{.conversation = place::kUpsert, .after = 1, .times = kAlways, .kind = FaultKind::hang}}};
    ScratchFile const state{"{\"version\":1}"};
    auto settings = with(settings_for(simulator),
        {{"MODE", "missing"}, {"SUPABASE_URL", proxy.base_url()},
            {"SUPABASE_SERVICE_ROLE_KEY", Stack::local().value("SECRET_KEY")}});
    if (has_state) {
        settings["STATE_FILE"] = state.path();
    }
    std::promise<void> second_upsert;
    proxy.on_request([&, upserts = 0](std::string_view where) mutable {
        if (where == place::kUpsert && ++upserts == 2) {
            second_upsert.set_value();
        }
    });
    auto const program = start_program({"run", killed ? "--max-duration=1h" : "--max-duration=3s"}, settings);
    if (killed) {
        REQUIRE(second_upsert.get_future().wait_for(30s) == std::future_status::ready);
        program->send(SIGKILL);
    }
    auto const ended = program->wait(15s);
    CAPTURE(ended.err);
    CHECK((killed || ended.code == 10));
    // The second part was taken, and its answer hung; a kill may come before it was passed on.
    CHECK((row_count() == 1000 || (killed && row_count() == 500)));
    proxy.lift();
    auto const next = run_program({"run"}, settings);
    CHECK(next.code == 0);
    CHECK(row_count() == 4000);
    CHECK(next.err.find("MODE=missing without STATE_FILE") != (has_state ? 0 : std::string::npos));
    auto const last = run_program({"run"}, settings);
    CHECK(last.code == 0);
    CHECK((last.out.find("conversationsSkipped: 2,") != std::string::npos) == has_state);
}

TEST_CASE("missing: what a killed run without the state file has left half stored is met by one with it, once")
{
    store_only({"k1"});
    Simulator simulator{Conversations{{"k1", messages("a", 700)}, {"k2", messages("b", 1700)}}};
    ScratchFile const state{"{\"version\":1}"};
    auto const settings = with(settings_for(simulator), {{"STATE_FILE", state.path()}});
    REQUIRE(run_program({"run"}, settings).code == 0);
    psql("insert into \"Conversation\" (id, created_time) values ('k2', now())");
    REQUIRE(run_program({"run"}, settings_for(simulator)).code == 0);
    psql("delete from \"Message\" where id in (select id from \"Message\" where conversationid = 'k2' order by "
         "created_time desc, id limit 700)"); // as if the last two requests had not been sent
    auto const next = run_program({"run", "--mode=missing"}, settings);
    CHECK(next.code == 0);
    CHECK(next.out.find("conversationsSkipped: 1,") != std::string::npos);
    CHECK(row_count() == 2400);
    auto const last = run_program({"run", "--mode=missing"}, settings);
    CHECK(last.code == 0);
    CHECK(last.out.find("conversationsSkipped: 2,") != std::string::npos);
}

TEST_CASE("missing: killed between the parts of what verify repairs, the next run stores the rest")
{
    store_only({"k1"});
    Simulator const simulator{Conversations{{"k1", messages("a", 1200)}}};
    FaultProxy proxy{Stack::local().value("HTTP_URL"),
        {{.conversation = place::kUpsert, .after = 1, .times = kAlways, .kind = FaultKind::hang}}};
    ScratchFile const state{"{\"version\":1}"};
    auto const settings = with(settings_for(simulator),
        {{"MODE", "missing"}, {"STATE_FILE", state.path()}, {"SUPABASE_URL", proxy.base_url()},
            {"SUPABASE_SERVICE_ROLE_KEY", Stack::local().value("SECRET_KEY")}});
    std::promise<void> second_upsert;
    proxy.on_request([&, upserts = 0](std::string_view where) mutable {
        if (where == place::kUpsert && ++upserts == 2) {
            second_upsert.set_value();
        }
    });
    auto const program = start_program({"verify", "--repair"}, settings);
    REQUIRE(second_upsert.get_future().wait_for(30s) == std::future_status::ready);
    program->send(SIGKILL);
    program->wait(15s);
    CHECK(row_count() < 1200);
    proxy.lift();
    CHECK(run_program({"run"}, settings).code == 0);
    CHECK(row_count() == 1200);
}

TEST_CASE("missing: killed between the parts of a refused request, the next run stores the rest")
{
    auto const kill_at = GENERATE(range(2, 10));
    CAPTURE(kill_at);
    std::optional<Without> refusing{std::in_place, "a7"};
    store_only({"k1", "k2", "k3"});
    Simulator simulator{Conversations{{"k1", messages("b", 1)}, {"k2", messages("a", 20)}, {"k3", messages("c", 9)}}};
    FaultProxy proxy{Stack::local().value("HTTP_URL"), {}};
    ScratchFile const state{"{\"version\":1}"};
    auto const settings = with(settings_for(simulator),
        {{"MODE", "missing"}, {"STATE_FILE", state.path()}, {"SUPABASE_URL", proxy.base_url()},
            {"SUPABASE_SERVICE_ROLE_KEY", Stack::local().value("SECRET_KEY")}});
    std::unique_ptr<Subprocess> program;
    std::promise<void> started;
    int upserts = 0;
    proxy.on_request([&, is_started = started.get_future().share()](std::string_view where) {
        is_started.wait();
        if (where == place::kUpsert && ++upserts == kill_at) {
            program->send(SIGKILL);
        }
    });
    program = start_program({"run"}, settings);
    started.set_value();
    program->wait(30s);
    refusing.reset();
    auto const next = run_program({"run"}, settings);
    CHECK(next.code == 0);
    CHECK(row_count() >= (upserts >= kill_at ? 30 : 29)); // a run that came to its end has told of the refused one
}

TEST_CASE("killed at any moment, incremental runs still make the table exact")
{
    auto const world = parted_world(60, 400);
    store_only(world);
    Simulator simulator{world, {.latency = std::chrono::milliseconds{2}}};
    auto const settings =
        with(settings_for(simulator), {{"CONCURRENCY", "4"}, {"MODE", "incremental"}, {"BATCH_SIZE", "10"}});
    for (std::size_t const after : {3U, 17U, 30U, 44U, 50U, 55U}) {
        simulator.clear_requests();
        auto const program = start_program({"run"}, settings);
        CHECK(simulator.wait_for_requests(after));
        program->send(SIGKILL);
        program->wait();
    }
    CHECK(run_program({"run"}, settings).code == 0);
    CHECK(compare_with(world) == kEqual);
}
