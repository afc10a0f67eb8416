// What is said of an answer that is an error, and what to do about it.

#include "support/scripted_transport.hpp"
#include "support/supabase_side.hpp"

#include "supabase/fault.hpp"
#include "supabase/wordings.hpp"

#include "backfill/core/json_text.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace backfill::test {
namespace {

http::Reply db_refusal(int status, std::string const& code, std::string const& message = "told")
{
    std::string body = R"({"details":null,"hint":null,"code":")" + code + R"(","message":)";
    append_json_string(body, message);
    return reply(status, body + "}", {{"Content-Type", "application/json"}});
}

/// For the table Message of the schema public.
std::string advice_on(int status, std::string const& code, std::string const& message)
{
    return supabase::advice(db_refusal(status, code, message), "", "Message");
}

bool says(std::string const& text, std::string const& piece)
{
    return text.find(piece) != std::string::npos;
}

TEST_CASE("Of a server's messages only those that it makes itself are printed, whatever their code")
{
    for (auto const* code : {"42501", "42P01", "PGRST204", "PGRST301", "45000", "P0001", "23514", "XX000", ""}) {
        auto const told = supabase::explain(db_refusal(400, code, "permission denied for what a customer wrote"));
        CAPTURE(code, told);
        CHECK(told.find("customer") == std::string::npos);
    }
    CHECK(supabase::explain(db_refusal(403, "42501", "permission denied for table Message"))
        == "HTTP 403, 42501: permission denied for table Message");
    CHECK(
        supabase::explain(db_refusal(400, "PGRST204", "Could not find the 'x' column of 'Message' in the schema cache"))
        == "HTTP 400, PGRST204: Could not find the 'x' column of 'Message' in the schema cache");
}

TEST_CASE("a code that only repeats the status is not told")
{
    auto const status = GENERATE(401, 429, 503);
    auto const text = std::to_string(status);
    for (auto const& body : {R"({"code":)" + text + "}", R"({"code":")" + text + R"(","message":"x"})"}) {
        CHECK(supabase::explain(reply(status, body)) == "HTTP " + text);
        CHECK(supabase::explain(reply(status, body, {{"sb-request-id", "0-a"}}))
            == "HTTP " + text + " (sb-request-id 0-a)");
    }
    CHECK(supabase::explain(reply(status, R"({"code":418})")) == "HTTP " + text + ", 418");
}

TEST_CASE("the code stands behind the status, before the ids of the request")
{
    CHECK(supabase::explain(reply(
              401, R"({"code":"PGRST301","message":"JWT expired"})", {{"x-request-id", "q"}, {"sb-request-id", "0-a"}}))
        == "HTTP 401, PGRST301 (x-request-id q) (sb-request-id 0-a): JWT expired");
    CHECK(supabase::explain(no_reply(http::TransportError::Kind::timeout, "a (b)")) == "Connection timeout: a (b)");
}

TEST_CASE("What a proxy refuses for its length is told with the length, whatever status it has for that")
{
    auto const advice_at = [](http::Reply const& reply, std::size_t bytes) {
        return supabase::advice(reply, "", "Conversation", {}, bytes);
    };
    auto const status = GENERATE(400, 413, 414, 431, 502);
    CHECK(says(advice_at(reply(status, "<html>"), 3001), "The query has 3001 bytes"));
    CHECK(says(advice_at(reply(status, "<html>"), 3001), "Shorten CONVERSATION_FILTER (--where)"));
    CHECK_FALSE(says(advice_at(reply(status, "<html>"), 3000), "bytes"));
    CHECK_FALSE(says(advice_at(db_refusal(status, "PGRST100"), 3001), "bytes"));
    CHECK_FALSE(says(advice_at(reply(503, "<html>"), 3001), "bytes"));
}

TEST_CASE("PostgreSQL's names may hold anything, and its quoted values are never told")
{
    for (std::string const message : {R"(relation "Audit Log" does not exist)", "permission denied for table Audit Log",
             "permission denied for materialized view a.b c",
             R"(duplicate key value violates unique constraint "no bots. please")",
             R"(null value in column "Tenant Id" of relation "a"b" violates not-null constraint)",
             R"(conflicting key value violates exclusion constraint "x y")",
             R"(value for domain "Short Text" violates check constraint "dom_check")",
             R"(new row violates check option for view "M")"}) {
        CHECK(supabase::explain(db_refusal(400, "23514", message)) == "HTTP 400, 23514: " + message);
    }
    CHECK(supabase::explain(db_refusal(400, "22P02", R"(invalid input value for enum act: "x: "SECRET" y")"))
        == R"(HTTP 400, 22P02: invalid input value for enum act: "…")");
    CHECK_FALSE(
        says(supabase::explain(db_refusal(400, "22P02", R"(invalid input syntax for type uuid: "SECRET")")), "SECRET"));
    CHECK_FALSE(says(supabase::explain(db_refusal(400, "23505",
                         "duplicate key value violates unique constraint \"" + std::string(200, 'x') + '"')),
        "xx"));
}

TEST_CASE("where a table, a column of messages or the unique key is missing, the command that prints the SQL is named")
{
    constexpr auto* kCommand = "`freshchat-backfill schema`";
    auto const of_messages = [](int status, std::string const& code) {
        return supabase::advice(db_refusal(status, code), "", "Message", "id");
    };
    CHECK(says(of_messages(404, "PGRST205"), kCommand));
    CHECK(says(of_messages(404, "42P01"), kCommand));
    CHECK(says(of_messages(400, "42703"), kCommand));
    CHECK(says(of_messages(400, "PGRST204"), kCommand));
    CHECK(says(of_messages(400, "42P10"), kCommand));
    CHECK(says(of_messages(400, "42P10"), "create unique index on public.\"Message\" (id);"));
    CHECK(says(advice_on(404, "PGRST205", "told"), kCommand));
    CHECK_FALSE(says(advice_on(400, "42703", "told"), kCommand)); // of the conversations: an empty one is of no use
    CHECK_FALSE(says(of_messages(401, "PGRST301"), kCommand));
}

TEST_CASE("SQL that is advised quotes the names that need it")
{
    CHECK(supabase::sql_name("message_2") == "message_2");
    CHECK(supabase::sql_name("M_nr_seq") == R"("M_nr_seq")");
    CHECK(supabase::sql_name("2nd") == R"("2nd")");
    CHECK(supabase::sql_name("order") == R"("order")");
    CHECK(supabase::sql_name(R"(a"b)") == R"("a""b")");
    CHECK(says(advice_on(403, "42501", "permission denied for sequence M_nr_seq"),
        R"(grant usage on sequence "M_nr_seq" to service_role;)"));
    CHECK(says(supabase::advice(db_refusal(403, "42501", R"(permission denied for table a"b)"), "My Crm", R"(a"b)"),
        R"(on "My Crm"."a""b" to)"));
    auto layout = layout_of("M");
    layout.key = {R"(i"d)", "user", "nr"};
    CHECK(layout.key_sql() == R"("i""d", "user", nr)");
}

TEST_CASE("Advice names what the server's message names")
{
    CHECK(says(advice_on(403, "42501", "permission denied for schema audit"), "grant usage on schema audit"));
    auto const other = GENERATE(as<std::string>{}, "log", "Audit Log", "Message_2025");
    auto const text = advice_on(403, "42501", "permission denied for table " + other);
    CHECK(says(text, "needs table " + supabase::sql_name(other) + ":"));
    CHECK_FALSE(says(text, R"(on public."Message" to)"));
    CHECK(says(advice_on(403, "42501", "permission denied for table Message"),
        R"(Run in SQL: grant select on public."Message" to)"));
    CHECK(says(advice_on(500, "P0002", "query returned no rows"), "triggers"));
    CHECK(says(advice_on(400, "23502", "x"), "MESSAGE_COLUMNS"));
    CHECK(says(advice_on(400, "23502",
                   R"(null value in column "tenant_id" of relation "Message" violates not-null constraint)"),
        "Column tenant_id: "));
    CHECK(says(advice_on(400, "23514", R"(new row for relation "Message" violates check constraint "Short")"),
        R"(Constraint "Short": )"));
    CHECK(
        says(supabase::advice(db_refusal(404, "42P01", ""), "", "crm.Message"), "named in SUPABASE_SCHEMA, not here"));
    CHECK(says(supabase::advice(db_refusal(403, "42501", "permission denied for table Message"), "", "Message", "id"),
        R"(grant select, insert, update on public."Message" to)"));
    CHECK(says(advice_on(401, "", "Legacy API keys are disabled"), "SUPABASE_SECRET_KEY"));
    CHECK(says(advice_on(403, "42501", R"(new row violates row-level security policy for table "Audit Log")"),
        R"(policies for "Audit Log")"));
}

TEST_CASE("A right that is missing on nobody knows what is not the message table's by default")
{
    auto const text = advice_on(403, "42501", "raised by a trigger");
    CHECK(text.starts_with("Look at the triggers"));
    CHECK_FALSE(says(text, "in SQL:"));
}

TEST_CASE("The schema of the tables needs a plain grant")
{
    auto const text = supabase::advice(db_refusal(403, "42501", "permission denied for schema shp"), "shp", "M");
    CHECK(text.starts_with("Run in SQL: grant usage on schema shp to service_role;"));
    CHECK_FALSE(says(text, "trigger"));
}

TEST_CASE("What keeps a row out is named, and no trigger is suspected")
{
    struct Case {
        std::string code;
        std::string message;
        std::string piece;
    };
    auto const one = GENERATE(values<Case>({
        {"23P01", R"(conflicting key value violates exclusion constraint "x")", "exclusion constraint"},
        {"23514", R"(value for domain dom violates check constraint "dom_check")", "domain dom"},
        {"23502", "domain dom does not allow null values", "domain dom"},
        {"44000", R"(new row violates check option for view "M")", "check option of the view"},
        {"0A000", R"(cannot perform INSERT RETURNING on relation "M")", "rule"},
        {"0A000", "INSERT with ON CONFLICT clause cannot be used with table that has INSERT or UPDATE rules", "rule"},
        {"42809", R"(cannot change materialized view "M")", "materialized view"},
        {"428C9", R"(cannot insert a non-DEFAULT value into column "id")", "Name another one"},
        {"22P02", R"(invalid input value for enum "Act": "bot")", R"(alter type "Act" add value)"},
    }));
    auto const text = advice_on(400, one.code, one.message);
    CAPTURE(text);
    CHECK(says(text, one.piece));
    CHECK_FALSE(says(text, "Look at the triggers"));
    CHECK_FALSE(says(text, "take it out"));
    CHECK_FALSE(says(text, "bot"));
}

TEST_CASE("A status and code that a trigger made up are a trigger's")
{
    auto const status = GENERATE(401, 402, 404, 540);
    CHECK(advice_on(status, "PT" + std::to_string(status), "no").starts_with("Look at the triggers"));
}

TEST_CASE("A column that a trigger function misses is named")
{
    auto const text = advice_on(400, "42703", R"(record "new" has no field "updatedAt")");
    CHECK(says(text, R"(trigger function of public."Message" uses the column "updatedAt")"));
    CHECK_FALSE(says(text, "MESSAGE_COLUMNS"));
    CHECK_FALSE(says(advice_on(400, "42703", R"(column "x" of relation "x_audit" does not exist)"), "MESSAGE_COLUMNS"));
    CHECK(says(advice_on(400, "42703", R"(column "x" of relation "Message" does not exist)"), "MESSAGE_COLUMNS"));
}

TEST_CASE("A refusal of another relation than the message table is told as that")
{
    auto const message =
        GENERATE(as<std::string>{}, R"(null value in column "a" of relation "x_audit" violates not-null constraint)",
            R"(insert or update on table "x_audit" violates foreign key constraint "k")",
            R"(new row for relation "x_audit" violates check constraint "k")");
    auto const code = message.starts_with("null") ? "23502" : message.starts_with("new") ? "23514" : "23503";
    auto const text = advice_on(400, code, message);
    CAPTURE(text);
    CHECK(text.starts_with("The relation x_audit keeps it out. A trigger of"));
    CHECK_FALSE(says(text, "MESSAGE_"));
    auto const unsure = advice_on(409, "23505", R"(duplicate key value violates unique constraint "x_audit_pkey")");
    CHECK(says(unsure, "trigger"));
    CHECK(says(unsure, "MESSAGE_KEY"));
}

TEST_CASE("A missing key is answered for tables, views and partitioned tables alike")
{
    auto const text =
        advice_on(400, "42P10", "there is no unique or exclusion constraint matching the ON CONFLICT specification");
    CHECK_FALSE(text.starts_with("Run in SQL"));
    for (auto const* piece : {"For a table, in SQL: create unique index on public.\"Message\" (id);",
             "for a view:", "for a partitioned table:", "MESSAGE_KEY"}) {
        CHECK(says(text, piece));
    }
}

} // namespace
} // namespace backfill::test
