#pragma once

#include "app/pipeline/run.hpp"
#include "backfill/supabase/message_table.hpp"
#include "backfill/supabase/work_list.hpp"

namespace backfill::app {

/// The one producer: reads the work list batch by batch, looks up what is stored, and hands the conversations to the
/// fetchers; between batches it keeps the barrier and the delay. Returns early when the run is halted. Throws Stopped,
/// FatalError, and BatchError when the list could not be read.
void list_conversations(Run& run, supabase::WorkList& work, supabase::MessageTable& table);

} // namespace backfill::app
