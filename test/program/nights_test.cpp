// Nights that cost nothing: UPDATED_SINCE=last-run, the mark it goes by, and whom a night owes to the next one.

#include "program/nights_town.hpp"
#include "program/tables.hpp"
#include "support/program_run.hpp"
#include "support/psql.hpp"
#include "support/scratch_file.hpp"
#include "support/stack.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <vector>

using namespace backfill::test;
using namespace std::chrono_literals;

namespace {

using Names = std::set<std::string>;

} // namespace

TEST_CASE("only a run that took all moves the mark")
{
    Town town{6};
    REQUIRE(town.run().code == 0);
    town.set_mark("-30 days");
    auto const mark = town.mark();
    town.change("c103");
    auto const settings = town.settings();
    CHECK(town.run({"--limit=1"}).code == 0);
    CHECK(town.asked() == Names{"c103"}); // it goes by the mark, all the same
    CHECK(town.run({"--conversation-id=c102"}).code == 0);
    CHECK(town.asked().empty()); // it was not changed
    for (auto const* command : {"dry-run", "verify", "doctor"}) {
        town.simulator.clear_requests();
        CHECK(run_program({command, "--updated-since=last-run"}, with(settings, {{"MODE", "incremental"}})).code == 0);
        CHECK(town.asked() == Names{"c103"});
    }
    town.simulator.clear_requests();
    CHECK(run_program({"verify", "--updated-since=last-run"}, settings).code == 0); // it has no MODE
    CHECK(town.asked() == Names{"c103"});
    CHECK(town.run({"--updated-since=25h"}).code == 2); // given twice
    CHECK(run_program({"run", "--mode=incremental", "--updated-since=25h"}, settings).code == 0);
    CHECK(town.mark() == mark); // it may have passed over what changed before
    CHECK(run_program({"run", "--mode=full", "--updated-since=last-run"}, settings).code == 0);
    CHECK(content_of(town.state.path()).find(mark) != std::string::npos); // another mode has a mark of its own
    CHECK(run_program({"run", "--mode=incremental", "--updated-since=2020-01-01"}, settings).code == 0);
    CHECK(content_of(town.state.path()).find(mark) == std::string::npos);
    CHECK(town.differences().empty());
}

TEST_CASE("a run without UPDATED_SINCE leaves a mark, too")
{
    Town town{5};
    CHECK(run_program({"run", "--mode=incremental"}, town.settings()).code == 0);
    CHECK(town.run().code == 0);
    CHECK(town.asked().empty());
    CHECK(town.differences().empty());
}

TEST_CASE("a pass of several parts has one lower bound and one mark, and meets what failed in it at its end")
{
    Town town{30};
    REQUIRE(town.run().code == 0);
    town.a_day_passes();
    town.a_day_passes();
    for (auto const& id : town.ids) {
        town.change(id, "30");
    }
    auto const before = town.mark();
    town.simulator.set_switches({.faults = {{.conversation = "c101", .times = kAlways, .status = 404}}});
    auto const cut = town.run({"--max-duration=2s"}, {{"RATE_LIMIT_DELAY", "200"}});
    CAPTURE(cut.out, cut.err);
    REQUIRE(cut.code == 10);
    CHECK(town.mark() == before);
    CHECK(town.owed() == Names{"c101"});
    auto const behind = content_of(town.state.path());
    CHECK(behind.find("\"began\"") != std::string::npos);
    town.change("c100"); // it lies before the place
    town.simulator.set_switches({});
    auto const rest = town.run();
    CAPTURE(rest.out, rest.err);
    CHECK(rest.code == 0);
    CHECK(rest.err.find("Going on after conversation ") != std::string::npos);
    CHECK(town.asked().contains("c101"));
    CHECK_FALSE(town.asked().contains("c100"));
    CHECK(behind.find("\"began\": \"" + town.mark() + "\"") != std::string::npos); // of the first part
    CHECK(town.owed().empty());
    CHECK(town.differences() == "-c100-3 ");
    CHECK(town.run().code == 0);
    CHECK(town.asked().contains("c100"));
    CHECK(town.differences().empty());
}

TEST_CASE("a refused row is owed, and looked for behind pages that are whole")
{
    Town town{4};
    town.write("c102", 60);
    psql("alter table \"Message\" add constraint without check (id <> 'c102-1') not valid");
    auto const refused = town.run();
    CHECK(refused.code == 3);
    CHECK(town.owed() == Names{"c102"});
    CHECK_FALSE(town.mark().empty()); // it is kept: the mark can move
    auto const again = town.run();
    CHECK(again.code == 3);
    CHECK(town.asked() == Names{"c102"});
    psql("alter table \"Message\" drop constraint without");
    CHECK(town.run().code == 0);
    CHECK(town.owed().empty());
    CHECK(town.differences().empty());
    CHECK(town.run().code == 0);
    CHECK(town.asked().empty());
}

TEST_CASE("a refused row is owed however its run ended")
{
    std::string const end = GENERATE("a signal", "a fatal error", "a limit", "nobody reads");
    CAPTURE(end);
    Town town{4};
    town.write("c100", 120);
    psql("alter table \"Message\" add constraint without check (id <> 'c100-10') not valid");
    if (end == "a signal") {
        town.simulator.set_switches({.faults = {{.conversation = "c102", .times = kAlways, .kind = FaultKind::hang}}});
        auto const program = start_program(town.night, town.settings());
        REQUIRE(town.simulator.wait_for_requests(5)); // three pages of c100, one of c101, and this one
        program->send(SIGTERM);
        CHECK(program->wait(15s).code == 143);
    } else if (end == "a fatal error") {
        town.simulator.set_switches({.faults = {{.conversation = "c102", .times = kAlways, .status = 401}}});
        CHECK(town.run().code == 1);
    } else if (end == "a limit") {
        CHECK(town.run({"--limit=1"}).code == 3);
    } else {
        CHECK(start_in_shell("\"$0\" \"$@\" >/dev/full", town.night, town.settings())->wait(15s).code == 1);
    }
    CHECK(town.owed().contains("c100"));
    psql("alter table \"Message\" drop constraint without");
    town.simulator.set_switches({});
    CHECK(town.run().code == 0);
    CHECK(town.differences().empty());
    CHECK(town.owed().empty());
}

TEST_CASE("what is owed leaves the list with its row, or when a chosen run has completed it")
{
    Town town{4};
    town.simulator.set_switches({.faults = {{.conversation = "c101", .times = kAlways, .status = 404},
                                     {.conversation = "c102", .times = kAlways, .status = 404}}});
    CHECK(town.run().code == 3);
    CHECK(town.owed() == Names{"c101", "c102"});
    psql("delete from \"Conversation\" where id = 'c101'");
    town.simulator.set_switches({});
    CHECK(run_program({"run", "--mode=incremental", "--conversation-id=c102"}, town.settings()).code == 0);
    CHECK(town.owed() == Names{"c101"});
    CHECK(town.run().code == 0);
    CHECK(town.asked().empty());
    CHECK(town.owed().empty());
}

TEST_CASE("killed at any moment, a night leaves the mark, and the next one has it all")
{
    Town town{40};
    REQUIRE(town.run().code == 0);
    town.a_day_passes();
    for (std::size_t i = 0; i < 30; ++i) {
        town.change(town.ids[i]);
    }
    auto const before = town.mark();
    town.simulator.set_switches({.latency = std::chrono::milliseconds{5}});
    for (std::size_t const after : {1U, 9U, 25U}) {
        town.simulator.clear_requests();
        auto const program = start_program({"run", "--mode=incremental", "--updated-since=last-run"}, town.settings());
        CHECK(town.simulator.wait_for_requests(after));
        program->send(after == 9U ? SIGTERM : SIGKILL);
        auto const ended = program->wait(15s);
        CHECK((after != 9U || ended.code == 143));
        CHECK(town.mark() == before);
    }
    CHECK(town.run().code == 0);
    CHECK(town.differences().empty());
    CHECK(town.mark() > before);
}

TEST_CASE("what changes while the list is read is left to the next night")
{
    Town town{1010};
    REQUIRE(run_program({"run"}, with(town.settings(), {{"MODE", "incremental"}})).code == 0);
    town.a_day_passes();
    town.a_day_passes();
    psql("update \"Conversation\" set updated_time = now() where id <> 'c100'");
    town.simulator.on_request([touched = false](SeenRequest const&) mutable {
        if (!touched) {
            Town::touch("c100");
        }
        touched = true;
    });
    auto const ended = town.run();
    CHECK(ended.code == 0);
    CHECK(summary_of(ended.out).processed == 1009);
    CHECK(town.run().code == 0);
    CHECK(town.asked().contains("c100"));
    CHECK(town.run({"-v"}).err.find("[Backfill] Only conversations that were updated since 20") != std::string::npos);
}

TEST_CASE("nights of two keys, one bound by row-level security, have a mark each, and lose nothing")
{
    Town town{6};
    psql("create policy c100_alone on \"Conversation\" for select to anon using (id = 'c100')");
    struct Policies {
        ~Policies() { psql("drop policy c100_alone on \"Conversation\"; drop policy c100_alone on \"Message\""); }
    };
    psql("create policy c100_alone on \"Message\" to anon using (conversationid = 'c100') with check (true)");
    Policies const policies;
    Environment const bound{{"SUPABASE_SERVICE_ROLE_KEY", ""}, {"SUPABASE_ANON_KEY", Stack::local().value("ANON_KEY")}};

    CHECK(town.run({}, bound).code == 0);
    CHECK(town.asked() == Names{"c100"});
    CHECK(town.run().code == 0); // by no mark: the other key saw one row only
    CHECK(town.asked().size() == 6);
    CHECK(town.differences().empty());

    auto const days_pass = [&town] { // both marks are three days old
        auto const mark = psql("select to_char((now() - interval '3 days') at time zone 'UTC', "
                               "'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')");
        auto const text = content_of(town.state.path());
        std::regex const any{"\"mark\": \"[^\"]*\""};
        std::ofstream{town.state.path()} << std::regex_replace(text, any, "\"mark\": \"" + mark + "\"");
    };
    days_pass();
    town.change("c103", "30");
    CHECK(town.run({}, bound).code == 0);
    CHECK(town.asked().empty());
    CHECK(town.run().code == 0); // more than a day after the change: a mark that the other run moved would hide it
    CHECK(town.asked() == Names{"c103"});
    CHECK(town.differences().empty());

    days_pass();
    Town::touch("c103", "960"); // long ago
    town.change("c100", "30");
    CHECK(town.run().code == 0);
    CHECK(town.asked() == Names{"c100"});
    CHECK(town.run({}, bound).code == 0);
    CHECK(town.asked() == Names{"c100"});
    CHECK(town.run({}, bound).code == 0); // its own mark has moved now
    CHECK(town.asked().empty());
    CHECK(town.differences().empty());
}
