#pragma once

#include "app/pipeline/run.hpp"
#include "backfill/supabase/postgrest.hpp"
#include "backfill/supabase/work_list.hpp"

namespace backfill::app {

/// Says what may have been missed, after all conversations of the list have ended: rows that the list did not show,
/// pages that Freshchat did not show, conversations that are in the table twice.
void end_list(Run& run, supabase::WorkList& work, supabase::Postgrest& postgrest);

} // namespace backfill::app
