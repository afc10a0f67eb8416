// When the mark of UPDATED_SINCE=last-run is not moved, or not believed.

#include "program/nights_town.hpp"
#include "program/tables.hpp"
#include "support/program_run.hpp"
#include "support/psql.hpp"
#include "support/scratch_file.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <cstddef>
#include <fstream>
#include <string>
#include <vector>

using namespace backfill::test;
using namespace std::chrono_literals;

TEST_CASE("a quiet night with none but deleted conversations is no other account")
{
    Town town{25};
    std::vector<Fault> deleted;
    for (std::size_t i = 1; i < town.ids.size(); ++i) {
        deleted.push_back({.conversation = town.ids[i], .times = kAlways, .status = i == 1 ? 403 : 404});
    }
    town.simulator.set_switches({.faults = deleted});
    CHECK(town.run().code == 3);
    CHECK(town.owed().size() == 24);
    auto const quiet = town.run();
    CAPTURE(quiet.err);
    CHECK(quiet.code == 3);
    CHECK(town.asked().size() == 24);
    CHECK(summary_of(quiet.out).failed == 24);
}

TEST_CASE("a run whose lines nobody got moves no mark")
{
    Town town{2};
    auto const mute = start_in_shell(
        "\"$0\" \"$@\" >/dev/full", {"run", "--mode=incremental", "--updated-since=last-run"}, town.settings())
                          ->wait(15s);
    CHECK(mute.code == 1);
    CHECK(town.mark().empty());
    CHECK(town.differences().empty());
}

TEST_CASE("a mark that is still to come is not believed, and said so")
{
    Town town{5};
    REQUIRE(town.run().code == 0);
    town.set_mark("3 days");
    town.write("c101", 1); // by somebody who does not touch the table
    auto const ended = town.run();
    CHECK(ended.code == 0);
    CHECK(ended.err.find("Warning: STATE_FILE=" + town.state.path() + ": the last run began at ") != std::string::npos);
    CHECK(town.asked().size() == 5);
    CHECK(town.differences().empty());
    CHECK(town.run().err.empty());
    CHECK(town.asked().empty());
}

TEST_CASE("state files of earlier versions and damaged ones mean that no mark is known")
{
    Town town{3};
    auto const* const text = GENERATE(R"({"version":1,"requests_per_minute":{},"parted":[]})",
        R"({"version":1,"requests_per_minute":{},"passes":[{"selection":"x","mark":"tomorrow","owed":[]}]})");
    CAPTURE(text);
    std::ofstream{town.state.path()} << text;
    auto const first = town.run();
    CHECK(first.code == 0);
    CHECK((first.err.find("is damaged and ignored") != std::string::npos)
        == (std::string{text}.find("tomorrow") != std::string::npos));
    CHECK(town.asked().size() == 3);
    CHECK(town.run().code == 0);
    CHECK(town.asked().empty());
}
