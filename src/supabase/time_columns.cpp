#include "supabase/time_columns.hpp"

#include "backfill/core/printable.hpp"
#include "supabase/wordings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace backfill::supabase {
namespace {

using namespace std::string_view_literals;

// As PostgREST 12 calls types, and as 14.8 does.

bool is_one_of(std::string_view type, auto const& names)
{
    return std::ranges::find(names, type) != names.end();
}

bool is_text(std::string_view type)
{
    return type.ends_with("citext")
        || is_one_of(type,
            std::array{
                "text"sv, "character varying"sv, "varchar"sv, "character"sv, "bpchar"sv, "\"char\""sv, "name"sv});
}

bool is_integer(std::string_view type)
{
    return is_one_of(type, std::array{"smallint"sv, "integer"sv, "bigint"sv, "int2"sv, "int4"sv, "int8"sv});
}

/// Of a type that PostgreSQL has itself and that is no time. Those of users may be anything.
bool is_no_time(std::string_view type)
{
    return is_text(type) || is_integer(type) || type.ends_with("[]")
        || is_one_of(type,
            std::array{"time without time zone"sv, "time with time zone"sv, "time"sv, "timetz"sv, "numeric"sv, "real"sv,
                "float4"sv, "double precision"sv, "float8"sv, "json"sv, "jsonb"sv, "uuid"sv, "boolean"sv, "bool"sv,
                "bytea"sv, "interval"sv});
}

} // namespace

TimeColumns::TimeColumns(JsonValue const& tables, std::string const& schema, std::string const& table)
    : columns_{tables[table]["properties"]},
      sql_table_{printable_sql_table(schema.empty() ? "public" : schema, table)},
      table_{printable(table)}
{
}

std::string_view TimeColumns::type_of(std::string const& column) const
{
    return columns_[column]["format"].string();
}

std::string TimeColumns::subject(std::string const& column) const
{
    return fmt::format("column {} of table {} is {}", printable(column), table_, printable(type_of(column)));
}

std::string TimeColumns::advice(std::string const& column) const
{
    auto const type = type_of(column);
    auto const name = printable(sql_name(column));
    auto const time = is_text(type) ? fmt::format("{}::timestamptz", name)
        : is_integer(type)          ? fmt::format("to_timestamp({})", name)
                                    : "";
    if (time.empty()) {
        return "Use a column of type timestamptz.";
    }
    return fmt::format("Run in SQL: alter table {0} alter column {1} type timestamptz using {2};{3} Where others need "
                       "the type as it is, or where it is a view: a view with {2} as {1} in place of it, named in "
                       "CONVERSATION_TABLE, will do.",
        sql_table_, name, time, is_integer(type) ? " (for milliseconds: divided by 1000.0)" : "");
}

Doubt TimeColumns::doubt_about_comparing(std::string const& column) const
{
    return is_no_time(type_of(column)) ? Doubt{subject(column) + ", which does not compare as times do", advice(column)}
                                       : Doubt{};
}

Doubt TimeColumns::doubt_about_order(std::string const& column) const
{
    return is_text(type_of(column)) ? Doubt{subject(column)
                   + ": the list goes by letters, which is the order of time only where all are written alike",
               advice(column) + " CREATED_FROM and CREATED_TO need that, too."}
                                    : Doubt{};
}

} // namespace backfill::supabase
