// Tables whose refusal must name what is to blame.

#include "shapes/tables.hpp"

#include <string>

namespace backfill::test {
namespace {

std::string const kBase =
    "create table m_base (id text primary key, conversationid text, actor_type text, message_parts "
    "text, created_time timestamptz);";

Shape with_mend(Shape shape)
{
    shape.sql_mends = true;
    return shape;
}

std::vector<Shape> shapes_without_rights()
{
    auto schema = with_mend(nothing("a schema that the role may not use",
        R"(create table crm."C" (id text primary key, created_time timestamptz); insert into crm."C" select * from source;)"
        R"(create table crm."M" (id text primary key, conversationid text, actor_type text, message_parts text, created_time timestamptz);)"
        R"(grant all on all tables in schema crm to service_role; revoke usage on schema crm from service_role;)",
        "grant usage on schema crm", {1, "grant usage on schema crm"}));
    schema.settings = {{"SUPABASE_SCHEMA", "crm"}};
    schema.verify = {1, "grant usage on schema crm"};
    schema.rows_of = R"(crm."M")";
    return {
        std::move(schema),
        with_mend(nothing("a sequence without rights", both({.more = "nr bigserial"}),
            R"(grant usage on sequence "M_nr_seq" to service_role;)")),
        nothing("a trigger without rights on its table",
            both() + R"(create table "Audit Log" (id text); revoke all on "Audit Log" from service_role;)"
                + trigger(R"(insert into "Audit Log" values (new.id);)"),
            R"(needs table "Audit Log")"),
    };
}

std::vector<Shape> shapes_of_constraints()
{
    auto quoted = with_mend(nothing("a name with quotes, and no key", both({.id = R"("the ""id""" text)"}),
        R"(("the ""id"""))", {1, R"(("the ""id"""))"}));
    quoted.settings = {{"MESSAGE_COLUMNS", R"(id=the "id",conversationid,actor_type,message_parts,created_time)"}};
    auto domain = all_but_the_third("a domain with a check",
        "create domain short as text check (value <> 'text 3.2');" + both({.parts = "message_parts short"}),
        "domain short");
    domain.stored = 14;
    auto exclusion = all_but_the_third(
        "an exclusion constraint", both({.more = "exclude (conversationid with =)"}), "exclusion constraint");
    exclusion.stored = 6;
    return {
        std::move(quoted),
        std::move(domain),
        std::move(exclusion),
        nothing("a view over a table with a column of its own",
            kConversations + kBase + "alter table m_base add tenant int not null;"
                + R"(create view "M" as select id, conversationid, actor_type, message_parts, created_time from m_base;)",
            "a view of it"),
        all_but_the_third("a view with a check option",
            kConversations + kBase
                + R"(create view "M" as select * from m_base where conversationid <> '$3' with check option;)",
            "check option"),
        nothing("an enum that lacks a value",
            both()
                + R"(create type act as enum ('agent'); alter table "M" alter actor_type type act using 'agent'::act;)",
            "alter type act add value", {0, "lacks user, bot, system"}),
        nothing("an id that the database makes", both({.id = "id bigint generated always as identity primary key"}),
            "Name another one", {1, "Name another one"}),
        nothing("a short column for conversations", both({.conversation = "conversationid varchar(20)"}), "22001",
            {0, "takes 20 characters"}),
    };
}

} // namespace

std::vector<Shape> shapes_of_advice()
{
    auto all = shapes_without_rights();
    for (auto& shape : shapes_of_constraints()) {
        all.push_back(std::move(shape));
    }
    Wanted const unproven{0, "cannot be known"};
    for (auto& shape :
        std::vector<Shape>{
            nothing("a rule", both() + R"(create rule r as on insert to "M" do instead nothing;)", "A rule on",
                {1, "A rule on"}),
            nothing("a materialized view",
                kConversations + kBase
                    + R"(create materialized view "M" as select * from m_base; create unique index on "M" (id);)",
                "materialized view", {1, "materialized view"}),
            nothing("a trigger that sets a column that is not there", both() + trigger("new.updated_at := now();"),
                "uses the column updated_at"),
            nothing("a trigger that writes nothing into an audit",
                both() + "create table x_audit (id text, who text not null);"
                    + trigger("insert into x_audit values (new.id);"),
                "The relation x_audit"),
            all_but_the_third(
                "a trigger with the status of a project that is paused", refusing_the_third("PT402"), "PT402"),
            Shape{.name = "a trigger that refuses a statement without rows",
            .sql = both()
                    + "create function filled() returns trigger language plpgsql as $body$ begin if not exists (select "
                      "from "
                      "fresh) then raise exception 'no rows'; end if; return null; end $body$; create trigger filled "
                      "after "
                      "insert on \"M\" referencing new table as fresh for each statement execute function filled();",
            .run = unproven,
            .again = unproven,
            .doctor = unproven},
        }) {
        all.push_back(std::move(shape));
    }
    return all;
}

} // namespace backfill::test
