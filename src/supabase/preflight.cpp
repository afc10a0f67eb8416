#include "backfill/supabase/preflight.hpp"

#include "backfill/core/errors.hpp"

namespace backfill::supabase {
namespace {

void prove_write(Postgrest& postgrest, MessageTableLayout const& messages, std::stop_token const& stop)
{
    Query const query{messages.table,
        "on_conflict=" + column_name(messages.column_of("id")) + "&columns=" + messages.column_list(),
        "handling=strict," + messages.resolution() + ",return=minimal,count=exact", {}};
    auto const answer = postgrest.post(query, "[]", stop);
    if (answer.remedy != Remedy::none) {
        throw FatalError{
            "Supabase, table " + messages.table + ": an upsert of no rows was refused: " + answer.failure + "."};
    }
    if (answer.preference_applied.find("resolution=") == std::string::npos) {
        throw FatalError{"Supabase, table " + messages.table
            + " has no unique key, so a second run would store every row twice. Run in SQL: " + "alter table public.\""
            + messages.table + "\" add primary key (id);"};
    }
}

} // namespace

std::size_t preflight(Postgrest& postgrest, std::string const& conversation_table, MessageTableLayout const& messages,
    Access access, std::stop_token const& stop)
{
    try {
        auto const conversations =
            postgrest.get({conversation_table, "select=id,created_time&limit=1", "count=exact", {"id"}}, stop);
        postgrest.get(
            {messages.table, "select=" + messages.column_list() + "&limit=0", {}, {messages.column_of("id")}}, stop);
        if (access == Access::write) {
            prove_write(postgrest, messages, stop);
        }
        return conversations.total.value_or(conversations.rows.size());
    } catch (BatchError const& error) {
        throw FatalError{std::string{error.what()} + ". Check SUPABASE_URL and that the project is up."};
    }
}

} // namespace backfill::supabase
