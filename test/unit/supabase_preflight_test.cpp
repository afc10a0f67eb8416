// The proofs of a preflight, side by side.

#include "support/scripted_transport.hpp"
#include "support/supabase_side.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/supabase/preflight.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <latch>
#include <string>
#include <thread>
#include <utility>

namespace backfill::test {
namespace {

using supabase::Access;

/// Three connections, one for each proof.
struct ThreeSides {
    using Answer = Script::Answer;

    ThreeSides(Answer list, Answer reading, Answer writing)
        : first{std::move(list)}, second{std::move(reading)}, third{std::move(writing)}
    {
    }

    supabase::Sight preflight(Access access = Access::write)
    {
        return supabase::preflight(first.postgrest, "Conversation", layout_of("Message"), access, first.stop,
            {&second.postgrest, &third.postgrest});
    }

    ScriptedSide first;
    ScriptedSide second;
    ScriptedSide third;
};

http::Reply const kPassed = reply(201, "[]", {{"Content-Range", "*/0"}, {"Preference-Applied", "resolution=x"}});

TEST_CASE("Proofs that have connections of their own are made side by side")
{
    std::latch all_are_out{3};
    auto const answer = [&](auto const& /*request*/) -> http::Outcome {
        all_are_out.arrive_and_wait(); // else none is answered
        return kPassed;
    };
    ThreeSides sides{answer, answer, answer};
    CHECK_NOTHROW(sides.preflight());
    CHECK(sides.third.requests().at(0).method == http::Request::Method::post);
}

TEST_CASE("Of several proofs that fail, the first in order is told, whichever is known first")
{
    std::atomic<int> failed = 0; // or passed, of those that answer first
    auto const at_once = [&](http::Outcome const& answer) {
        return [&, answer](auto const& /*request*/) {
            ++failed;
            return answer;
        };
    };
    auto const late = [&](http::Outcome const& answer) {
        return [&, answer](auto const& /*request*/) {
            while (failed < 2) {
                std::this_thread::yield();
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{20}); // until it is known
            return answer;
        };
    };
    auto const without_key = reply(400, R"({"code":"42P10"})");
    auto const without_right = reply(403, R"({"code":"42501"})");
    auto const without_type = reply(400, R"({"code":"22P02"})");
    SECTION("the conversation table")
    {
        ThreeSides sides{late(without_right), at_once(without_type), at_once(without_key)};
        CHECK(text_of<FatalError>([&] { sides.preflight(); }).find("42501") != std::string::npos);
    }
    SECTION("the message table")
    {
        ThreeSides sides{at_once(kPassed), late(without_right), at_once(without_key)};
        CHECK(text_of<FatalError>([&] { sides.preflight(); }).find("42501") != std::string::npos);
    }
}

TEST_CASE("A proof that failed ends the waits of those behind it, and a stop the waits of all")
{
    auto const waits = [](auto const& /*request*/) -> http::Outcome { return reply(503, R"({"code":"PGRST002"})"); };
    bool const by_stop = GENERATE(false, true);
    ThreeSides sides{by_stop ? Script::Answer{waits} : Script::always(reply(403, R"({"code":"42501"})")), waits, waits};
    for (auto* const side : {&sides.first, &sides.second, &sides.third}) {
        side->clock.on_nap([&](auto) {
            if (by_stop) {
                sides.first.stopping.request_stop();
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{20}); // the tries would go on for a while
        });
    }
    if (by_stop) {
        CHECK_THROWS_AS(sides.preflight(), Stopped);
    } else {
        CHECK(text_of<FatalError>([&] { sides.preflight(); }).find("42501") != std::string::npos);
    }
    CHECK(sides.second.request_count() <= 3);
    CHECK(sides.third.request_count() <= 3);
}

TEST_CASE("A dry run's preflight sends nothing but GET, on several connections too")
{
    ThreeSides sides{Script::always(kPassed), Script::always(kPassed), Script::always(kPassed)};
    sides.preflight(Access::read);
    for (auto const* const side : {&sides.first, &sides.second, &sides.third}) {
        for (auto const& request : side->requests()) {
            CHECK(request.method == http::Request::Method::get);
        }
    }
    CHECK(sides.first.request_count() + sides.second.request_count() + sides.third.request_count() == 2);
}

TEST_CASE("An upsert of no rows that is refused by a trigger is a doubt; rights, keys, views and the server are none")
{
    auto const [code, is_doubt] = GENERATE(table<std::string, bool>({{"P0001", true}, {"22012", true}, {"23514", true},
        {"45000", true}, {"42501", false}, {"42P10", false}, {"42809", false}, {"55000", false}, {"25006", false},
        {"0A000", false}, {"53300", false}, {"57P01", false}}));
    CAPTURE(code);
    auto const refused = reply(400, R"({"code":")" + code + R"(","details":null,"hint":null,"message":"x"})");
    ThreeSides sides{Script::always(kPassed), Script::always(kPassed), Script::always(refused)};
    auto& side = sides.third;
    CHECK_FALSE(supabase::takes_upserts(side.postgrest, layout_of("Message"), side.stop));
    if (is_doubt) {
        auto const sight = sides.preflight();
        REQUIRE(sight.unproven);
        CHECK(sight.unproven->found.find("an upsert of no rows is refused: HTTP 400, " + code) != std::string::npos);
    } else {
        CHECK_THROWS_AS(sides.preflight(), FatalError);
    }
}

TEST_CASE("A table whose count is an estimate of 0 has the rows that came")
{
    ScriptedSide side{Script::always(
        reply(206, R"([{"id":"a","created_time":"2025-01-01T00:00:00+00:00"}])", {{"Content-Range", "0-0/0"}}))};
    CHECK(supabase::prove_conversations(side.postgrest, "Conversation", side.stop) == 1);
}

/// Answers the description with these types of the conversation table, and everything else with a row.
Script::Answer with_types(std::string const& created, std::string const& updated, int status = 200)
{
    auto const column = [](std::string const& name, std::string const& type) {
        return '"' + name + R"(":{"format":")" + type + R"(","type":"string"})";
    };
    auto const body = R"({"definitions":{"Conversation":{"properties":{)" + column("created_time", created) + ","
        + column("changed at", updated) + "}}}}";
    return [=](http::Request const& request) -> http::Outcome {
        return request.target == "/" ? reply(status, body) : kPassed;
    };
}

std::string refusal_of(supabase::ConversationTable const& table, Script::Answer const& answer)
{
    ScriptedSide side{answer};
    return text_of<FatalError>([&] { supabase::prove_filters(side.postgrest, table, side.stop); });
}

supabase::ConversationTable chosen_by(bool created, bool updated)
{
    supabase::ConversationTable table{"Conversation"};
    table.is_chosen_by_created_time = created;
    table.updated_time = updated ? "changed at" : "";
    return table;
}

TEST_CASE("A choice by time is refused where the column is known to compare otherwise")
{
    std::string const time = "timestamp with time zone";
    for (std::string const type : {"text", "character varying", "extensions.citext", "name", "bpchar"}) {
        CHECK(refusal_of(chosen_by(true, true), with_types(type, time))
            == "CREATED_FROM or CREATED_TO chooses by time, and column created_time of table Conversation is " + type
                + ", which does not compare as times do. Run in SQL: alter table public.\"Conversation\" alter column "
                  "created_time type timestamptz using created_time::timestamptz; Where others need the type as it is, "
                  "or where it is a view: a view with created_time::timestamptz as created_time in place of it, named "
                  "in CONVERSATION_TABLE, will do. Or name another column in CONVERSATION_COLUMNS "
                  "(id,created_time=COLUMN), or unset CREATED_FROM or CREATED_TO.");
    }
    auto const updated = refusal_of(chosen_by(true, true), with_types(time, "bigint"));
    CHECK(updated.starts_with("UPDATED_SINCE chooses by time, and column changed at of table Conversation is bigint"));
    CHECK(updated.find("type timestamptz using to_timestamp(\"changed at\"); (for milliseconds: divided by 1000.0)")
        != std::string::npos);
    CHECK(updated.find("(id,created_time,updated_time=COLUMN), or unset UPDATED_SINCE.") != std::string::npos);
    for (std::string const type : {"int8", "numeric", "time without time zone", "jsonb", "uuid", "text[]", "boolean"}) {
        CHECK_FALSE(refusal_of(chosen_by(false, true), with_types(time, type)).empty());
    }
}

TEST_CASE("A choice by time passes where the column is one, and where nobody tells")
{
    for (std::string const type : {"timestamp with time zone", "timestamp without time zone", "timestamptz", "date",
             "public.moment", "text_of_time", "USER-DEFINED", ""}) {
        CHECK(refusal_of(chosen_by(true, true), with_types(type, type)).empty());
    }
    CHECK(refusal_of(chosen_by(true, true), with_types("text", "text", 404)).empty());
    CHECK(refusal_of(chosen_by(true, true), Script::always(kPassed)).empty());
}

TEST_CASE("The description is read only where the choice is by time")
{
    ScriptedSide side{with_types("text", "text")};
    supabase::prove_filters(side.postgrest, chosen_by(false, false), side.stop);
    CHECK(side.request_count() == 0);
}

TEST_CASE("A column that takes no time is named with the setting, where the API tells no types")
{
    auto const refused = [](http::Request const& request) -> http::Outcome {
        return request.target == "/" ? reply(404, R"({"code":"PGRST126"})")
            : request.target.find("=gte.") != std::string::npos
            ? reply(400, R"({"code":"22P02","message":"invalid input syntax for type bigint: \"2026\""})")
            : kPassed;
    };
    auto const created = refusal_of(chosen_by(true, false), refused);
    CHECK(created.starts_with("CREATED_FROM or CREATED_TO needs the column created_time of table Conversation: HTTP "
                              "400, 22P02 (a value does not fit its column). It must be a timestamptz."));
    CHECK(
        refusal_of(chosen_by(false, true), refused).starts_with("UPDATED_SINCE needs the column changed at of table"));
}

TEST_CASE("A table that takes upserts is known by one of no rows")
{
    ScriptedSide side{Script::always(kPassed)};
    CHECK(supabase::takes_upserts(side.postgrest, layout_of("Message"), side.stop));
    CHECK(side.requests().at(0).body == "[]");
}

} // namespace
} // namespace backfill::test
