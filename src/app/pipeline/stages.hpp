#pragma once

#include "app/pipeline/run.hpp"
#include "backfill/calls/client.hpp"
#include "backfill/supabase/message_table.hpp"
#include "backfill/supabase/work_list.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace backfill::app {

/// The one producer: reads the work list batch by batch, looks up what is stored, and hands the conversations to the
/// fetchers; between batches it keeps the barrier and the delay. Returns false when the run was halted before the
/// list's end was handed out. Throws Stopped, FatalError, and BatchError when the list could not be read. In
/// stages_list.cpp.
bool list_conversations(Run& run, supabase::WorkList& work, supabase::MessageTable& table);

/// A fetcher's thread: takes jobs until none are left or the run is halted, turns each conversation's messages into
/// rows, and queues them for its writer. Keeps RATE_LIMIT_DELAY. Calls `before_job` each time it is about to take one.
/// Throws nothing: errors go to the run. In stages_fetch.cpp.
void fetch_conversations(Run& run, std::function<void()> const& before_job);

/// Fetches the newest conversation of the selection that has rows to send, out of its turn; those without are reported.
/// Returns its rows; none when there is no such; nothing when the list's end was handed out, so that it comes by
/// itself. Throws as list_conversations(). In stages_newest.cpp.
std::optional<std::vector<Row>> fetch_newest(Run& run, supabase::Postgrest& postgrest);

/// Which messages of these conversations are stored. A look-up that failed for good fails all of them. In
/// stages_list.cpp.
supabase::StoredIds look_up(Run& run, supabase::MessageTable& table, std::vector<Conversation> const& conversations);

/// One fetcher's side of Freshchat. In stages_fetch.cpp.
class Fetcher {
public:
    explicit Fetcher(Run& run);

    /// The conversation's rows; nothing when it failed, which is reported.
    std::optional<Fetched> fetch(Job const& job);

private:
    Run& run_;
    calls::Client client_;
    freshchat::ConversationMessages freshchat_;
};

/// A writer's thread: upserts chunk after chunk until its queue is closed and empty, and answers for every row. After
/// an error or a hard stop nothing more is sent; in a dry run nothing at all. `link` is its own. Throws nothing: errors
/// go to the run. In stages_write.cpp.
void write_rows(Run& run, RowQueue& queue, SupabaseLink& link);

} // namespace backfill::app
