#pragma once

#include "backfill/core/clock.hpp"
#include "backfill/supabase/postgrest.hpp"
#include "backfill/supabase/work_list.hpp"

#include <cstddef>
#include <optional>
#include <stop_token>

namespace backfill::supabase {

/// What one request for more rows than a page has brought.
struct ManyRows {
    std::size_t asked = 0;
    std::size_t came = 0;
    std::size_t there = 0; ///< in the table
};

/// Shows the server's row cap (db-max-rows): longer answers are cut silently. Reads ids. Throws as Postgrest does.
ManyRows ask_for_many_rows(Postgrest& postgrest, ConversationTable const& table, std::stop_token const& stop);

/// How long the first rows of the work list take, in its order; nothing where they needed a second try. Throws as
/// Postgrest does.
std::optional<Clock::Duration> time_first_rows(
    Postgrest& postgrest, ConversationTable const& table, std::size_t rows, std::stop_token const& stop);

} // namespace backfill::supabase
