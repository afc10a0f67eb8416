#include "support/scripted_transport.hpp"
#include "support/supabase_side.hpp"
#include "support/upsert.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/supabase/message_table.hpp"
#include "backfill/supabase/preflight.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace backfill::test {
namespace {

using supabase::Access;
using supabase::MessageTable;

TEST_CASE("A preflight sends three requests, none of which can write a row")
{
    ScriptedSide side{{reply(206, R"([{"id":"a"}])", {{"Content-Range", "0-0/2519"}}), reply(200, "[]"),
        reply(201, "", {{"Preference-Applied", "resolution=ignore-duplicates, handling=strict"}})}};
    auto const sight =
        supabase::preflight(side.postgrest, "Conversation", layout_of("Message"), Access::write, side.stop);
    CHECK(sight.conversations == 2519);
    CHECK_FALSE(sight.has_messages);
    auto const requests = side.requests();
    REQUIRE(requests.size() == 3);
    CHECK(requests[0].target == "/Conversation?select=id,created_time&limit=1");
    CHECK(requests[1].target == "/Message?select=id,conversationid,actor_type,message_parts,created_time&limit=1");
    CHECK(requests[2].target
        == "/Message?on_conflict=id&columns=id,conversationid,actor_type,message_parts,created_time");
    CHECK(requests[2].body == "[]");
    CHECK(
        header_of(requests[2], "Prefer") == "handling=strict,resolution=ignore-duplicates,return=minimal,count=exact");
}

TEST_CASE("A dry run's preflight sends nothing but GET")
{
    ScriptedSide side{Script::always(reply(200, "[]", {{"Content-Range", "*/0"}}))};
    supabase::preflight(side.postgrest, "Conversation", layout_of("Message"), Access::read, side.stop);
    CHECK(side.request_count() == 2);
    for (auto const& request : side.requests()) {
        CHECK(request.method == http::Request::Method::get);
    }
}

TEST_CASE("A preflight that finds no unique key says how to add it, and how to name another")
{
    ScriptedSide side{
        {reply(200, "[]", {{"Content-Range", "*/0"}}), reply(200, "[]"), reply(400, R"({"code":"42P10"})")}};
    auto const text = text_of<FatalError>(
        [&] { supabase::preflight(side.postgrest, "Conversation", layout_of("Message"), Access::write, side.stop); });
    CHECK(text.find(R"(create unique index on public."Message" (id);)") != std::string::npos);
    CHECK(text.find("MESSAGE_KEY") != std::string::npos);
}

TEST_CASE("A trigger that refuses an upsert of no rows does not end a run, and what is unproven is told")
{
    auto const refusal = GENERATE(reply(400, R"({"code":"P0001","message":"no rows"})"),
        reply(400,
            R"({"code":"23502","message":"null value in column \"n\" of relation \"x_audit\" violates not-null constraint"})"),
        reply(401, R"({"code":"PT401"})"), reply(402, R"({"code":"PT402"})"), reply(500, R"({"code":"XX000"})"));
    ScriptedSide side{{reply(200, "[]", {{"Content-Range", "*/0"}}), reply(200, "[]"), refusal}};
    auto const sight =
        supabase::preflight(side.postgrest, "Conversation", layout_of("Message"), Access::write, side.stop);
    REQUIRE(sight.unproven);
    CHECK(sight.unproven->found.find("an upsert of no rows is refused: HTTP") != std::string::npos);
    CHECK(sight.unproven->advice.find("cannot be known") != std::string::npos);
    CHECK(side.request_count() == 3);
}

TEST_CASE("What an upsert of no rows says about rights, columns, keys and the API stays fatal")
{
    auto const code = GENERATE(as<std::string>{}, "42501", "42P01", "42703", "42P10", "55000", "0A000", "42809",
        "25006", "58030", "PGRST205", "PGRST301");
    ScriptedSide side{[&](http::Request const& request) -> http::Outcome {
        return request.method == http::Request::Method::get
            ? reply(200, "[]", {{"Content-Range", "*/0"}})
            : reply(400, R"({"details":null,"message":"x","code":")" + code + "\"}");
    }};
    CHECK_THROWS_AS(supabase::preflight(side.postgrest, "Conversation", layout_of("Message"), Access::write, side.stop),
        FatalError);
}

TEST_CASE("A preflight that Supabase does not answer is fatal after six tries")
{
    auto const fault = GENERATE(http::Outcome{reply(503, R"({"code":"53300","message":"no connection"})")},
        http::Outcome{no_reply(http::TransportError::Kind::connect, "refused")});
    ScriptedSide side{Script::always(fault)};
    auto const text = text_of<FatalError>(
        [&] { supabase::preflight(side.postgrest, "Conversation", layout_of("Message"), Access::write, side.stop); });
    CHECK(text.find("gave up after 6 tries") != std::string::npos);
    CHECK(text.find("SUPABASE_URL") != std::string::npos);
}

TEST_CASE("A preflight read that the database refuses is fatal and not an empty table")
{
    auto const fault = GENERATE(reply(400, R"({"code":"22012"})"), reply(400, R"({"code":"P0001"})"), reply(414));
    auto const first = GENERATE(0U, 1U);
    ScriptedSide side{[&](http::Request const&) -> http::Outcome {
        return side.request_count() > first ? fault : reply(200, "[]", {{"Content-Range", "*/0"}});
    }};
    CHECK_THROWS_AS(
        supabase::preflight(side.postgrest, "Conversation", layout_of("Message"), Access::read, side.stop), FatalError);
}

} // namespace
} // namespace backfill::test
