// The tables that users have.

#include "shapes/tables.hpp"

#include <string>

namespace backfill::test {
namespace {

std::vector<Shape> shapes_of_columns()
{
    return {
        {.name = "as README has it", .sql = both()},
        {.name = "a reference to the conversation",
            .sql = both({.conversation = "conversationid text not null references \"C\" on delete cascade"})},
        {.name = "an ORM's names",
            .sql = kConversations
                + R"(create table "M" (id text primary key, "conversationId" text not null, "actorType" text, text text, "createdAt" timestamptz);)",
            .settings = {{"MESSAGE_COLUMNS",
                "id,conversationid=conversationId,actor_type=actorType,message_parts=text,created_time=createdAt"}}},
        nothing("a column that must have a value", both({.more = R"("updatedAt" timestamptz not null)"}), "updatedAt",
            {0, "updatedAt"}),
        {.name = "one that a trigger fills",
            .sql = both({.more = R"("updatedAt" timestamptz not null)"}) + trigger(R"(new."updatedAt" := now();)"),
            .doctor = {0, "updatedAt"}},
        {.name = "one with a default", .sql = both({.more = "tenant_id int not null default 7"})},
        {.name = "a generated column",
            .sql = both({.more = "size int not null generated always as (length(message_parts)) stored"})},
        {.name = "an identity column", .sql = both({.more = "nr bigint generated always as identity"})},
        nothing("text as text[]", both({.parts = "message_parts text[] not null"}), "22P02", {0, "message_parts"}),
        nothing("message ids as bigint", both({.id = "id bigint primary key"}), "22P02", {0, "bigint"}),
        nothing("times as bigint", both({.time = "created_time bigint not null"}), "22P02", {0, "created_time"}),
        nothing("conversation ids of messages as bigint", both({.conversation = "conversationid bigint not null"}),
            "22P02", {0, "conversationid"}),
        {.name = "text as jsonb",
            .sql = both({.parts = "message_parts jsonb not null"}),
            .doctor = {0, "jsonb"},
            .holds = R"((select bool_and(jsonb_typeof(message_parts) = 'string') from "M"))"},
        {.name = "parts as jsonb",
            .sql = both({.parts = "message_parts jsonb not null"}),
            .settings = {{"MESSAGE_COLUMNS", "id,conversationid,actor_type,parts=message_parts,created_time"}},
            .holds = R"((select bool_and(jsonb_typeof(message_parts) = 'array') from "M"))"},
    };
}

std::vector<Shape> shapes_of_ids()
{
    std::string const uuid_conversations =
        R"(create table "C" (id uuid primary key, created_time timestamptz); insert into "C" select id::uuid, created_time from source;)";
    Columns const uuids{.id = "id uuid primary key", .conversation = "conversationid uuid not null"};
    return {
        {.name = "all ids as uuid", .sql = uuid_conversations + messages(uuids)},
        {.name = "uuid beside text", .sql = uuid_conversations + messages()},
        {.name = "text beside uuid", .sql = both(uuids)},
        {.name = "UUIDs in upper case", .sql = uuid_conversations + messages(uuids), .ids = IdForm::upper},
        {.name = "text in upper case beside uuid", .sql = both(uuids), .ids = IdForm::upper_conversations},
        {.name = "uuid beside text, in upper case at Freshchat",
            .sql = uuid_conversations + messages(),
            .ids = IdForm::upper},
        {.name = "char(n)", .sql = both({.id = "id char(40) primary key", .conversation = "conversationid char(40)"})},
        {.name = "char(n) in both tables",
            .sql = R"(create table "C" (id char(40) primary key, created_time timestamptz);)"
                   R"(insert into "C" select * from source;)"
                + messages({.conversation = R"(conversationid char(40) references "C")"})},
        {.name = "another collation, letters of either case",
            .sql = R"(create table "C" (id text collate "en-US-x-icu" primary key, created_time timestamptz);)"
                   R"(insert into "C" select * from source;)"
                + messages({.conversation = R"(conversationid text collate "en-US-x-icu")"}),
            .ids = IdForm::mixed},
        {.name = "numbers as bigint",
            .sql = R"(create table "C" (id bigint primary key, created_time timestamptz);)"
                   R"(insert into "C" select id::bigint, created_time from source;)"
                + messages({.conversation = "conversationid bigint not null"}),
            .ids = IdForm::numbers},
        {.name = "dates in place of times, and chosen ids",
            .sql = R"(create table "C" (id text primary key, created_time date); insert into "C" select * from source;)"
                + messages(),
            .settings = {{"CONVERSATION_IDS", "$2,$4"}, {"CREATED_FROM", "2023-01-01"}},
            .stored = 1},
        {.name = "messages of conversations that are not listed",
            .sql = both()
                + R"(insert into "M" values ('x1', 'gone', 'user', 'x', now()), ('x2', 'gone', 'user', 'x', now());)",
            .stored = 17},
    };
}

std::vector<Shape> shapes_of_keys()
{
    std::string const two = both({.id = "id text", .more = "primary key (conversationid, id)"});
    std::string const partitioned = both(
        {.id = "id text", .more = "primary key (id, created_time)", .after = " partition by range (created_time)"});
    std::string const of_2025 =
        R"(create table "M_2025" partition of "M" for values from ('2025-01-01') to ('2026-01-01');)";
    std::string const of_2020 =
        R"(create table "M_2020" partition of "M" for values from ('2020-01-01') to ('2021-01-01');)";
    Environment const by_time{{"MESSAGE_KEY", "id,created_time"}};
    auto unnamed_key = nothing("a key of two columns, not named", two, "MESSAGE_KEY", {1, "MESSAGE_KEY"});
    auto no_grants =
        nothing("no rights on the table", both() + R"(revoke all on "M" from service_role;)", "grant ", {1, "grant "});
    no_grants.verify = {1, "grant "};
    no_grants.sql_mends = true;
    auto partial = nothing("a partial unique index",
        both({.id = "id text",
            .more = "deleted_at timestamptz",
            .after = R"(; create unique index on "M" (id) where deleted_at is null)"}),
        "partial", {1, "partial"});
    partial.sql_mends = true;
    return {
        {.name = "a key of two columns", .sql = two, .settings = {{"MESSAGE_KEY", "conversationid,id"}}},
        std::move(unnamed_key),
        std::move(partial),
        std::move(no_grants),
        nothing("a deferrable key", both({.id = "id text primary key deferrable initially immediate"}), "55000"),
        {.name = "parted by time", .sql = partitioned + of_2025 + of_2020, .settings = by_time},
        {.name = "no partition for the oldest",
            .sql = partitioned + of_2025,
            .settings = by_time,
            .stored = 14,
            .run = {3, "no partition of relation"},
            .again = kSomeRefused,
            .verify = kDiffers},
    };
}

std::vector<Shape> shapes_of_conversations()
{
    return {
        {.name = "created_at",
            .sql =
                R"(create table "C" (id text primary key, created_at timestamptz); insert into "C" select * from source;)"
                + messages(),
            .settings = {{"CONVERSATION_COLUMNS", "id,created_time=created_at"}}},
        {.name = "an id of its own beside Freshchat's",
            .sql =
                R"(create table "C" (id uuid primary key default gen_random_uuid(), freshchat_id text unique, "createdAt" timestamptz);)"
                R"(insert into "C" (freshchat_id, "createdAt") select * from source;)"
                + messages(),
            .settings = {{"CONVERSATION_COLUMNS", "id=freshchat_id,created_time=createdAt"}}},
        {.name = "rows that are no conversations of Freshchat",
            .sql =
                R"(create table "C" (id uuid primary key default gen_random_uuid(), freshchat_id text, created_time timestamptz);)"
                R"(insert into "C" (freshchat_id, created_time) select * from source;)"
                R"(insert into "C" (created_time) select created_time from source; insert into "C" (freshchat_id) values (null);)"
                + messages(),
            .settings = {{"CONVERSATION_COLUMNS", "id=freshchat_id,created_time"}},
            .run = {0, "freshchat_id is NULL"},
            .again = {0, "freshchat_id is NULL"},
            .verify = {0, "freshchat_id is NULL"}},
        {.name = "no time",
            .sql = R"(create table "C" (id text primary key); insert into "C" select id from source;)" + messages(),
            .settings = {{"CONVERSATION_COLUMNS", "id"}}},
        {.name = "a schema of its own",
            .sql =
                R"(create table crm."C" (id text primary key, created_time timestamptz); insert into crm."C" select * from source;)"
                R"(create table crm."M" (id text primary key, conversationid text, actor_type text, message_parts text, created_time timestamptz);)"
                R"(grant all on all tables in schema crm to service_role;)",
            .settings = {{"SUPABASE_SCHEMA", "crm"}},
            .rows_of = R"(crm."M")"},
        {.name = "views that rename columns",
            .sql =
                R"(create table c_base (nr text primary key, since timestamptz); insert into c_base select * from source;)"
                R"(create table m_base (nr text primary key, conv text, who text, body text, at timestamptz);)"
                R"(create view "C" as select nr as id, since as created_time from c_base;)"
                R"(create view "M" as select nr as id, conv as conversationid, who as actor_type, body as message_parts, at as created_time from m_base;)"},
    };
}

std::vector<Shape> shapes_that_refuse()
{
    auto policy = all_but_the_third("a policy that leaves one conversation out",
        both()
            + R"(alter table "C" enable row level security; alter table "M" enable row level security;)"
              R"(create policy c on "C" to anon using (true);)"
              R"(create policy m on "M" to anon using (true) with check (conversationid <> '$3');)",
        "row-level security");
    policy.settings = {{"SUPABASE_SERVICE_ROLE_KEY", ""}, {"SUPABASE_ANON_KEY", "stack:ANON_KEY"}};
    auto one = all_but_the_third("a check on the text",
        both({.parts = "message_parts text check (message_parts <> 'text 3.2')"}), "M_message_parts_check");
    one.stored = 14;
    auto swallowed = all_but_the_third("a trigger that drops rows without a word",
        both() + trigger("if new.conversationid = '$3' then return null; end if;"), "did not store it");
    Shape renamed{.name = "a trigger that gives ids of its own",
        .sql = both() + trigger("new.id := md5(new.id);"),
        .run = {3, "a trigger gave it another one"},
        .again = {3, "did not store it"},
        .verify = kDiffers};
    std::string const merged =
        R"(insert into "M" values ('abcdef00-0000-4000-8000-000000010001', '$2', 'user', 'x', now());)";
    return {
        {.name = "a message that is stored under another conversation",
            .sql = both() + merged,
            .run = {0, "stored under another conversation"},
            .again = {0, "stored under another conversation"},
            .verify = {0, "stored under another conversation"},
            .holds = R"((select count(*) from "M" where conversationid = '$2') = 3)"},
        {.name = "conversations that are listed twice",
            .sql =
                R"(create table "C" (id text, created_time timestamptz); insert into "C" select * from source union all )"
                R"(select * from source;)"
                + messages(),
            .run = {0, "repeat the id"},
            .again = {0, "repeat the id"},
            .verify = {0, "repeat the id"},
            .with_messages = 12},
        all_but_the_third("a trigger that finds no row",
            both()
                + "create table customers (conv text, name text); insert into customers select id, id from source "
                  "where id <> '$3';"
                + "alter table \"M\" add customer text;"
                + trigger("select name into strict new.customer from customers where conv = new.conversationid;"),
            "P0002"),
        all_but_the_third("a trigger that lacks a right", refusing_the_third("42501"), "42501"),
        all_but_the_third("a trigger with a status of its own", refusing_the_third("PT403"), "PT403"),
        all_but_the_third("a trigger with a code of the server", refusing_the_third("58030"), "58030"),
        all_but_the_third("a trigger whose own upsert finds no key",
            both() + "create table log (id text);"
                + trigger("if new.conversationid = '$3' then insert into log values (new.id) on conflict (id) do "
                          "nothing; end if;"),
            "42P10"),
        std::move(renamed),
        all_but_the_third("a trigger that fails inside", refusing_the_third("XX000"), "XX000"),
        all_but_the_third("a trigger without its table",
            both() + trigger("if new.conversationid = '$3' then insert into gone values (new.id); end if;"), "gone"),
        std::move(policy),
        std::move(one),
        std::move(swallowed),
        nothing("a trigger without rights on its schema",
            both() + "create schema audit; create table audit.log (id text);"
                + trigger("insert into audit.log values (new.id);"),
            "audit"),
        {.name = "a limit of rows a statement",
            .sql = both()
                + "create function few() returns trigger language plpgsql as $body$ begin if (select count(*) from "
                  "fresh) > 2 then "
                  "raise exception 'too many'; end if; return null; end $body$; create trigger few after insert on "
                  "\"M\" "
                  "referencing new table as fresh for each statement execute function few();"},
    };
}

} // namespace

std::vector<Shape> shapes()
{
    std::vector<Shape> all;
    for (auto const& part : {shapes_of_columns(), shapes_of_ids(), shapes_of_keys(), shapes_of_conversations(),
             shapes_that_refuse(), shapes_of_advice(), shapes_by_schema()}) {
        all.insert(all.end(), part.begin(), part.end());
    }
    return all;
}

} // namespace backfill::test
