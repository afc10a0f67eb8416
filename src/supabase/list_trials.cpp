#include "backfill/supabase/list_trials.hpp"

#include "supabase/keyset.hpp"

#include <utility>

namespace backfill::supabase {

ManyRows ask_for_many_rows(Postgrest& postgrest, ConversationTable const& table, std::stop_token const& stop)
{
    constexpr std::size_t kAsked = 2 * kPageRows;
    auto const answer = get_counted(postgrest,
        {table.name, "select=" + column_name(table.id) + "&limit=" + std::to_string(kAsked), {}, {table.id}}, stop);
    return {kAsked, answer.rows.size(), answer.total.value_or(answer.rows.size())};
}

std::optional<Clock::Duration> time_first_rows(
    Postgrest& postgrest, ConversationTable const& table, std::size_t rows, std::stop_token const& stop)
{
    auto const& time = table.created_time;
    KeyedRows list{table.name, {table.id}, {0}, table.condition()};
    if (!time.empty()) {
        list = {table.name, {table.id, time}, {1, 0}, table.condition(), column_name(time) + "=not.is.null"};
    }
    return Keyset{postgrest, std::move(list)}.next(stop, rows).took;
}

} // namespace backfill::supabase
