#pragma once

#include "app/pipeline/run.hpp"
#include "backfill/supabase/message_table.hpp"
#include "backfill/supabase/work_list.hpp"

namespace backfill::app {

/// The one producer: reads the work list batch by batch, looks up what is stored, and hands the conversations to the
/// fetchers; between batches it keeps the barrier and the delay. Returns early when the run is halted. Throws Stopped,
/// FatalError, and BatchError when the list could not be read. In stages_list.cpp.
void list_conversations(Run& run, supabase::WorkList& work, supabase::MessageTable& table);

/// A fetcher's thread: takes jobs until none are left or the run is halted, turns each conversation's messages into
/// rows, and queues them for its writer. Keeps RATE_LIMIT_DELAY. Throws nothing: errors go to the run.
/// In stages_fetch.cpp.
void fetch_conversations(Run& run);

/// A writer's thread: upserts chunk after chunk until its queue is closed and empty, and answers for every row. After
/// an error or a hard stop nothing more is sent; in a dry run nothing at all. Throws nothing: errors go to the run.
/// In stages_write.cpp.
void write_rows(Run& run, RowQueue& queue);

} // namespace backfill::app
