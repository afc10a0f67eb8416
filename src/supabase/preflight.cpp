#include "backfill/supabase/preflight.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"

#include <fmt/format.h>

namespace backfill::supabase {
namespace {

/// Even what may pass is fatal here: before the first batch there is nothing to go on with.
template <typename Prove>
auto proving(Prove prove)
{
    try {
        return prove();
    } catch (BatchError const& error) {
        throw FatalError{error.what(), "Check SUPABASE_URL and that the project is up."};
    }
}

} // namespace

std::size_t prove_conversations(Postgrest& postgrest, std::string const& table, std::stop_token const& stop)
{
    return proving([&] {
        auto const answer =
            required(postgrest.get({table, "select=id,created_time&limit=1", "count=exact", {"id"}}, stop), table);
        return answer.total.value_or(answer.rows.size());
    });
}

void prove_reading(Postgrest& postgrest, MessageTableLayout const& messages, std::stop_token const& stop)
{
    proving([&] {
        Query const query{
            messages.table, "select=" + messages.column_list() + "&limit=0", {}, {messages.column_of("id")}};
        required(postgrest.get(query, stop), messages.table);
    });
}

void prove_writing(Postgrest& postgrest, MessageTableLayout const& messages, std::stop_token const& stop)
{
    proving([&] {
        Query const query{messages.table,
            "on_conflict=" + column_name(messages.column_of("id")) + "&columns=" + messages.column_list(),
            "handling=strict," + messages.resolution() + ",return=minimal,count=exact", {}};
        auto const answer = required(postgrest.post(query, "[]", stop), messages.table);
        if (answer.preference_applied.find("resolution=") == std::string::npos) {
            auto const table = printable(messages.table);
            throw FatalError{
                "Supabase, table " + table + " has no unique key, so a second run would store every row twice",
                fmt::format(R"(Run in SQL: alter table public."{}" add primary key ("{}");)", table,
                    printable(messages.column_of("id")))};
        }
    });
}

std::size_t preflight(Postgrest& postgrest, std::string const& conversation_table, MessageTableLayout const& messages,
    Access access, std::stop_token const& stop)
{
    auto const conversations = prove_conversations(postgrest, conversation_table, stop);
    prove_reading(postgrest, messages, stop);
    if (access == Access::write) {
        prove_writing(postgrest, messages, stop);
    }
    return conversations;
}

} // namespace backfill::supabase
