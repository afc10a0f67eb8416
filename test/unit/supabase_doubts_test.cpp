// What PostgREST's description of a table makes the program doubt, before the first row.

#include "support/scripted_transport.hpp"
#include "support/supabase_side.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/supabase/doubts.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace backfill::test {
namespace {

using supabase::Doubt;

std::string property(std::string const& name, std::string const& format, std::string const& more = {})
{
    return '"' + name + R"(":{"format":")" + format + R"(","type":"string")" + more + '}';
}

/// The usual columns of Message but for one, which has `format`; `more` after them.
std::string description(
    std::string const& name = "id", std::string const& format = "text", std::string const& more = {})
{
    std::string columns;
    for (std::string const usual : {"id", "conversationid", "actor_type", "message_parts", "created_time"}) {
        columns += (columns.empty() ? "" : ",")
            + property(usual,
                usual == name                 ? format
                    : usual == "created_time" ? "timestamp with time zone"
                                              : "text");
    }
    return R"({"swagger":"2.0","definitions":{"Conversation":{"properties":{)" + property("id", "text")
        + R"(}},"Message":{"required":["id","updatedAt","tenant"],"properties":{)" + columns + more + "}}}}";
}

std::vector<Doubt> doubts_of(std::string const& body)
{
    ScriptedSide side{{reply(200, body)}};
    return supabase::doubts_about(side.postgrest, "Conversation", layout_of("Message"), side.stop).value();
}

TEST_CASE("A usual table raises no doubt")
{
    CHECK(doubts_of(description()).empty());
    for (auto const* id : {"uuid", "character varying", "text"}) {
        CHECK(doubts_of(description("id", id)).empty());
        CHECK(doubts_of(description("conversationid", id)).empty());
    }
}

TEST_CASE("A column that must have a value and gets none is named, unless it has a default")
{
    auto const doubts = doubts_of(description("id", "text",
        "," + property("updatedAt", "timestamp with time zone") + "," + property("tenant", "integer", R"(,"default":7)")
            + "," + property("rating", "integer")));
    REQUIRE(doubts.size() == 1);
    CHECK(doubts[0].found
        == "column updatedAt of table Message must have a value, shows no default, and nothing is written to it");
    CHECK(doubts[0].advice.find("identity") != std::string::npos);
    CHECK(doubts[0].advice.find("default") != std::string::npos);
}

TEST_CASE("A column of a type that does not fit is named, with the type and what mends it")
{
    auto const [column, format, advice] = GENERATE(table<std::string, std::string, std::string>(
        {{"message_parts", "text[]", "text"}, {"message_parts", "jsonb", "parts=<column>"},
            {"id", "bigint", "MESSAGE_COLUMNS"}, {"id", "int64", "MESSAGE_COLUMNS"},
            {"conversationid", "integer", "MESSAGE_COLUMNS"}, {"created_time", "bigint", "timestamptz"},
            {"created_time", "date", "timestamptz"}, {"actor_type", "text[]", "text"}}));
    auto const doubts = doubts_of(description(column, format));
    REQUIRE(doubts.size() == 1);
    CAPTURE(doubts[0].found);
    CHECK(doubts[0].found.starts_with("column " + column + " of table Message is " + format + ": "));
    CHECK(doubts[0].advice.find(advice) != std::string::npos);
}

TEST_CASE("A column that is too short for its texts is named")
{
    auto const body = [](std::string const& column, int length) {
        auto text = description(column, "character varying");
        auto const at = text.find(R"("format":"character varying")");
        return text.insert(at, R"("maxLength":)" + std::to_string(length) + ",");
    };
    CHECK(doubts_of(body("message_parts", 255)).at(0).found.find("255 characters") != std::string::npos);
    CHECK(doubts_of(body("id", 20)).at(0).found.find("20 characters") != std::string::npos);
    CHECK(doubts_of(body("id", 36)).empty());
    CHECK(doubts_of(body("conversationid", 20)).at(0).found.find("20 characters") != std::string::npos);
    CHECK(doubts_of(body("actor_type", 5)).at(0).found.find("5 characters") != std::string::npos);
    CHECK(doubts_of(body("actor_type", 10)).empty());
    CHECK(doubts_of(body("created_time", 20)).at(0).found.find("20 characters") != std::string::npos);
}

TEST_CASE("An enum that lacks actors is named with what it lacks; one that lacks only system is not")
{
    auto const body = [](std::string const& column, std::string const& values) {
        auto text = description(column, "public.act");
        return text.insert(text.find(R"("format":"public.act")"), R"("enum":[)" + values + "],");
    };
    auto const doubts = doubts_of(body("actor_type", R"("user","agent")"));
    REQUIRE(doubts.size() == 1);
    CHECK(doubts[0].found.find("the enum public.act, which lacks bot, system:") != std::string::npos);
    CHECK(doubts[0].advice.find("alter type public.act add value 'bot'; ") != std::string::npos);
    CHECK(doubts_of(body("actor_type", R"("user","agent","bot")")).empty());
    CHECK(doubts_of(body("id", R"("user")")).size() == 1);
}

TEST_CASE("A created_time of text is a doubt about the order of the list")
{
    auto const body = [](std::string const& type) {
        auto text = description();
        auto const at = text.find("}},\"Message\"");
        return text.insert(at, "," + property("created_time", type));
    };
    auto const doubts = doubts_of(body("text"));
    REQUIRE(doubts.size() == 1);
    CHECK(doubts[0].about == Doubt::About::conversations);
    CHECK(doubts[0].found
        == "column created_time of table Conversation is text: the list goes by letters, which is the order of time "
           "only where all are written alike");
    CHECK(doubts[0].advice.starts_with("Run in SQL: alter table public.\"Conversation\" "));
    CHECK(doubts_of(body("bigint")).empty()); // in the order of time
    CHECK(doubts_of(body("date")).empty());
}

TEST_CASE("Where the API tells nothing, nothing is claimed")
{
    auto const answer = GENERATE(http::Outcome{reply(404, R"({"code":"PGRST126"})")}, http::Outcome{reply(401, "")},
        http::Outcome{reply(200, "<html>")}, http::Outcome{reply(200, R"({"definitions":{"Other":{}}})")},
        http::Outcome{reply(503, "")}, http::Outcome{no_reply(http::TransportError::Kind::timeout)});
    ScriptedSide side{{answer}};
    CHECK_FALSE(supabase::doubts_about(side.postgrest, "Conversation", layout_of("Message"), side.stop));
    CHECK(side.request_count() == 1);
}

} // namespace
} // namespace backfill::test
