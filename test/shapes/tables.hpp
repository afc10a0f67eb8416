#pragma once

// What the shapes are made of.

#include "shapes/shape.hpp"

#include <string>
#include <utility>

namespace backfill::test {

inline std::string const kConversations =
    R"(create table "C" (id text primary key, created_time timestamptz); insert into "C" select * from source;)";

/// The message table with these columns in place of the usual ones, and `more` after them.
struct Columns {
    std::string id = "id text primary key";
    std::string conversation = "conversationid text not null";
    std::string parts = "message_parts text not null";
    std::string time = "created_time timestamptz not null";
    std::string more = {};
    std::string after = {}; ///< the closing parenthesis
};

inline std::string messages(Columns const& columns = {})
{
    return "create table \"M\" (" + columns.id + ", " + columns.conversation + ", actor_type text not null, "
        + columns.parts + ", " + columns.time + (columns.more.empty() ? "" : ", " + columns.more) + ")" + columns.after
        + ";";
}

inline std::string both(Columns const& columns = {})
{
    return kConversations + messages(columns);
}

/// A trigger before each insert; `body` is PL/pgSQL.
inline std::string trigger(std::string const& body)
{
    return "create function shape_trigger() returns trigger language plpgsql as $body$ begin " + body
        + " return new; end $body$; create trigger shape before insert on \"M\" for each row execute function "
          "shape_trigger();";
}

inline std::string refusing_the_third(std::string const& how)
{
    return both() + trigger("if new.conversationid = '$3' then raise exception using errcode = '" + how + "'; end if;");
}

inline Wanted const kSomeRefused{3};
inline Wanted const kDiffers{3, "missing"};

inline Shape refusing(std::string name, std::string sql, Wanted const& refused)
{
    return {.name = std::move(name), .sql = std::move(sql), .run = refused, .again = refused, .verify = kDiffers};
}

/// A table that takes 11 of 15: all but the third conversation's.
inline Shape all_but_the_third(std::string name, std::string sql, std::string said)
{
    auto shape = refusing(std::move(name), std::move(sql), {3, std::move(said)});
    shape.stored = 11;
    return shape;
}

/// A table that takes nothing.
inline Shape nothing(std::string name, std::string sql, std::string said, Wanted doctor = {})
{
    auto shape = refusing(std::move(name), std::move(sql), {1, std::move(said)});
    shape.stored = 0;
    shape.doctor = std::move(doctor);
    return shape;
}

std::vector<Shape> shapes_of_advice();
std::vector<Shape> shapes_by_schema();

} // namespace backfill::test
