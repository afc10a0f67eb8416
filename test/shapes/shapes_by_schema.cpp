// Tables that the command `schema` makes.

#include "shapes/tables.hpp"

#include <string>

namespace backfill::test {
namespace {

Environment const kWithAnonKey{{"SUPABASE_SERVICE_ROLE_KEY", ""}, {"SUPABASE_ANON_KEY", "stack:ANON_KEY"}};

Environment with_anon_key(Environment settings)
{
    settings.insert(kWithAnonKey.begin(), kWithAnonKey.end());
    return settings;
}

/// Whether row-level security is on for both tables.
constexpr auto kSecured =
    "(select bool_and(relrowsecurity) and count(*) = 2 from pg_class where relname in ('C', 'M'))";

Shape by_schema(std::string name, Environment settings = {})
{
    return {.name = "by schema: " + std::move(name),
        .sql = R"(insert into "C" (id, created_time) select * from source;)",
        .settings = std::move(settings),
        .holds = kSecured,
        .by_schema = true};
}

Shape with_hard_names()
{
    auto shape = by_schema("hard names",
        {{"CONVERSATION_TABLE", R"(Con "v".$$ 'a')"}, {"MESSAGE_TABLE", "Müll $sql1$, order"},
            {"CONVERSATION_COLUMNS", R"(id=the "Id",created_time=from)"},
            {"MESSAGE_COLUMNS",
                R"(id=Msg Id,conversationid=order,actor_type=Who?,message_parts=it's,message_parts=to.text,)"
                R"(created_time=at $$,raw=Pay"load,parts=parts [],channel_id)"}});
    shape.sql = R"(insert into "Con ""v"".$$ 'a'" select * from source;)";
    shape.holds =
        R"((select bool_and("Pay""load"->>'id' = "Msg Id" and "it's" = "to.text" and "parts []"->0 is not null) )"
        R"(from "Müll $sql1$, order"))";
    shape.rows_of = R"("Müll $sql1$, order")";
    return shape;
}

Shape of_default_names()
{
    auto shape = by_schema("the default names", {{"CONVERSATION_TABLE", ""}, {"MESSAGE_TABLE", ""}});
    shape.sql = R"(insert into "Conversation" select * from source;)";
    shape.holds = "(select count(*) from pg_policies) = 0";
    shape.rows_of = R"("Message")";
    return shape;
}

Shape in_a_schema(Environment settings)
{
    auto shape = by_schema("a schema of its own", std::move(settings));
    shape.before = "drop schema crm;";
    shape.sql = R"(insert into crm."C" select * from source;)";
    shape.rows_of = R"(crm."M")";
    return shape;
}

/// What was there keeps its security, since the conversations may have other readers.
Shape of_tables_that_were_there()
{
    auto shape = by_schema("tables that were there, and lack a key and columns",
        {{"MESSAGE_COLUMNS", "id,conversationid,actor_type,message_parts,created_time,raw"}});
    shape.before = kConversations + R"(create table "M" (id text, conversationid text, message_parts text, mine int);)"
        + R"(create index on "M" (conversationid); grant all on "C", "M" to service_role;)";
    shape.sql = "";
    shape.holds = R"((select count(*) from pg_indexes where tablename = 'M') = 2 )"
                  R"(and not (select relrowsecurity from pg_class where relname = 'C'))";
    return shape;
}

} // namespace

std::vector<Shape> shapes_by_schema()
{
    auto no_time = by_schema("no time", {{"CONVERSATION_COLUMNS", "id"}});
    no_time.sql = R"(insert into "C" select id from source;)";
    auto in_schema_with_anon_key = in_a_schema(with_anon_key({{"SUPABASE_SCHEMA", "crm"}}));
    in_schema_with_anon_key.name += ", an anon key";
    auto updating = by_schema("an anon key that updates", with_anon_key({{"ON_CONFLICT", "update"}}));
    auto publishable = by_schema("a publishable key",
        {{"SUPABASE_SERVICE_ROLE_KEY", ""}, {"SUPABASE_PUBLISHABLE_KEY", "stack:PUBLISHABLE_KEY"}});
    return {
        of_default_names(),
        with_hard_names(),
        by_schema("a key of two columns", {{"MESSAGE_KEY", "conversationid,id"}}),
        by_schema("a key with the time", {{"MESSAGE_KEY", "id,created_time"}}),
        std::move(no_time),
        in_a_schema({{"SUPABASE_SCHEMA", "crm"}}),
        std::move(in_schema_with_anon_key),
        by_schema("an anon key", kWithAnonKey),
        std::move(updating),
        std::move(publishable),
        of_tables_that_were_there(),
    };
}

} // namespace backfill::test
