#pragma once

#include "app/connections/connections.hpp"
#include "app/pipeline/run.hpp"
#include "backfill/supabase/postgrest.hpp"
#include "backfill/supabase/work_list.hpp"

#include <cstddef>
#include <deque>

namespace backfill::app {

/// Returns how many conversations the table holds. Throws FatalError when either table cannot be used.
std::size_t check_tables(Run& run, supabase::Postgrest& postgrest, std::deque<SupabaseLink>& for_writers);

/// Says what may keep rows out: while the table is empty nothing else tells. PostgREST takes long to describe all
/// tables (20 ms for two), so one writer asks, before its own first rows, while the others already send theirs. Throws
/// nothing: errors go to the run.
void warn_of_doubts(Run& run, supabase::Postgrest& postgrest);

/// Opens the list and says what it holds. `rows`: of the table, when the preflight counted them.
void open_list(Run& run, supabase::Postgrest& postgrest, supabase::WorkList& work, std::size_t rows);

} // namespace backfill::app
