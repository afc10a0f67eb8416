// What the columns of times allow: UPDATED_SINCE, and a list in their order.

#include "program/nights_town.hpp"
#include "program/tables.hpp"
#include "support/program_run.hpp"
#include "support/psql.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace backfill::test;

TEST_CASE("the column that UPDATED_SINCE asks for is proven before anything is fetched")
{
    Town town{3};
    auto const missing = town.run({"--conversation-columns=id,created_time,updated_time=changed_at"});
    CHECK(missing.code == 1);
    CHECK(missing.err.find("UPDATED_SINCE needs the column changed_at of table Conversation: HTTP 400, 42703")
        != std::string::npos);
    auto const other = town.run({"--conversation-columns=id,created_time,updated_time=status"});
    CHECK(other.code == 1); // as a text it would compare, too
    CHECK(other.err.find("UPDATED_SINCE chooses by time, and column status of table Conversation is text")
        != std::string::npos);
    CHECK(other.err.find("alter table public.\"Conversation\" alter column status type timestamptz using "
                         "status::timestamptz;")
        != std::string::npos);
    auto const dated =
        town.run({"--conversation-columns=id,created_time=status,updated_time", "--created-to=2030-01-01"});
    CHECK(dated.code == 1);
    CHECK(dated.err.find("CREATED_FROM or CREATED_TO chooses by time, and column status") != std::string::npos);
    CHECK(town.run({"--conversation-columns=id,created_time,updated_time=custom_properties"}).code == 1);
    auto const none = town.run({"--conversation-columns=id,created_time"});
    CHECK(none.code == 2);
    CHECK(none.err.find("--conversation-columns=id,created_time: UPDATED_SINCE needs the field updated_time, too: "
                        "id,created_time,updated_time or id,created_time,updated_time=COLUMN")
        != std::string::npos);
    CHECK(run_program({"run", "--updated-since=last-run"}, settings_for(town.simulator)).code == 2); // no STATE_FILE
    CHECK(town.simulator.counters().requests == 0);
}

TEST_CASE("doctor tells of a created_time that is text: as what fails a choice by it, else as the order of the list")
{
    Town town{3};
    auto const settings = with(settings_for(town.simulator), {{"CONVERSATION_COLUMNS", "id,created_time=status"}});
    auto const ordered = run_program({"doctor"}, settings);
    CAPTURE(ordered.out);
    CHECK(ordered.code == 0);
    CHECK(
        ordered.out.find("column status of table Conversation is text: the list goes by letters") != std::string::npos);
    auto const chosen = run_program({"doctor", "--created-from=2025-01-01"}, settings);
    CAPTURE(chosen.out);
    CHECK(chosen.code == 1);
    CHECK(chosen.out.find("CREATED_FROM or CREATED_TO chooses by time, and column status") != std::string::npos);
    CHECK(run_program({"doctor", "--created-from=2025-01-01"}, settings_for(town.simulator)).code == 0);
}

TEST_CASE("doctor counts the conversations that UPDATED_SINCE takes each time, since nobody dates their changes")
{
    auto const [undated, warns] = GENERATE(
        table<std::string, bool>({{"id <> 'c100'", true}, {"true", true}, {"id = 'c100'", false}, {"false", false}}));
    Town town{5};
    psql("update \"Conversation\" set updated_time = null where " + undated);
    auto const count = psql("select count(*) from \"Conversation\" where updated_time is null");
    auto const settings = with(settings_for(town.simulator), {{"STATE_FILE", town.state.path()}});
    auto const doctor = run_program({"doctor", "--updated-since=last-run"}, settings);
    CAPTURE(doctor.out);
    CHECK(doctor.code == 0);
    CHECK(doctor.out.find(count + " of 5 conversations have no updated_time") != std::string::npos);
    CHECK((doctor.out.find("UPDATED_SINCE takes these each time") != std::string::npos) == warns);
    CHECK(run_program({"doctor"}, settings).out.find("updated_time") == std::string::npos);
}
