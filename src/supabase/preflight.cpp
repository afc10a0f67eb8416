#include "backfill/supabase/preflight.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/log.hpp"

namespace backfill::supabase {
namespace {

/// Nothing is sent that could be parted or sent in portions: whatever is not success is final.
Answer required(Answer answer, std::string const& table)
{
    if (answer.remedy != Remedy::none) {
        throw FatalError{about(table) + answer.failure
            + ". Check the table, its constraints, and the views and triggers behind it."};
    }
    return answer;
}

void prove_write(Postgrest& postgrest, MessageTableLayout const& messages, std::stop_token const& stop)
{
    Query const query{messages.table,
        "on_conflict=" + column_name(messages.column_of("id")) + "&columns=" + messages.column_list(),
        "handling=strict," + messages.resolution() + ",return=minimal,count=exact", {}};
    auto const answer = required(postgrest.post(query, "[]", stop), messages.table);
    if (answer.preference_applied.find("resolution=") == std::string::npos) {
        auto const table = printable(messages.table);
        throw FatalError{"Supabase, table " + table
            + " has no unique key, so a second run would store every row twice. Run in SQL: alter table public.\""
            + table + "\" add primary key (\"" + printable(messages.column_of("id")) + "\");"};
    }
}

} // namespace

std::size_t preflight(Postgrest& postgrest, std::string const& conversation_table, MessageTableLayout const& messages,
    Access access, std::stop_token const& stop)
{
    try {
        auto const conversations =
            required(postgrest.get({conversation_table, "select=id,created_time&limit=1", "count=exact", {"id"}}, stop),
                conversation_table);
        required(postgrest.get(
                     {messages.table, "select=" + messages.column_list() + "&limit=0", {}, {messages.column_of("id")}},
                     stop),
            messages.table);
        if (access == Access::write) {
            prove_write(postgrest, messages, stop);
        }
        return conversations.total.value_or(conversations.rows.size());
    } catch (BatchError const& error) {
        throw FatalError{std::string{error.what()} + ". Check SUPABASE_URL and that the project is up."};
    }
}

} // namespace backfill::supabase
