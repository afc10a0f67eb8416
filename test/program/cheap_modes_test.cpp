// MODE=incremental and MODE=missing: calls that are spared, and what is met again after a stop or a kill.

#include "program/parts.hpp"
#include "program/tables.hpp"
#include "support/access_log.hpp"
#include "support/fault_proxy.hpp"
#include "support/program_run.hpp"
#include "support/psql.hpp"
#include "support/scratch_file.hpp"
#include "support/stack.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

using namespace backfill::test;
using namespace std::chrono_literals;

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
