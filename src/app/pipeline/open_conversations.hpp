#pragma once

#include "app/log/run_log.hpp"
#include "backfill/core/conversation.hpp"
#include "backfill/core/text_store.hpp"
#include "backfill/supabase/message_table.hpp"

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace backfill::app {

/// One conversation on its way to the writer: fetched whole, cleaned, compared.
struct Fetched {
    ConversationId conversation;
    std::vector<Row> rows; ///< to be sent, the new ones first, both parts oldest first
    MessageCounts counts;  ///< what is known before the upsert: stored, excluded and unusable ones
    TextStore texts;       ///< what the rows look at
};

/// The conversations whose rows are on their way to the database, each until its last row is answered for: then it is
/// reported. Keeps what their rows look at. Any thread; all rows of a conversation are answered by one.
class OpenConversations {
public:
    OpenConversations(RunLog& run_log, RunFacts& facts) : run_log_{run_log}, facts_{facts} {}

    /// Returns the rows to send. A conversation without rows is reported at once. While an earlier entry of its id is
    /// open, waits (the list may hold an id twice); once abandoned, drops it instead and returns no rows.
    std::vector<Row> open(Fetched fetched);

    /// Leaves out the rows of conversations that have lost one, and answers them as lost: what is stored has no holes
    /// before what is not.
    std::vector<Row> sendable(std::vector<Row> rows);

    /// `results[i]` is the fate of `rows[i]`.
    void answer(std::vector<Row> const& rows, std::vector<supabase::RowResult> const& results);

    /// Waits until every conversation is reported. Returns false when abandoned.
    bool wait_until_none();

    void abandon(); ///< some rows will not be answered: nobody waits any more

private:
    struct Entry {
        std::size_t unanswered;
        MessageCounts counts;
        TextStore texts;
        std::string failure{}; ///< why a row was lost
        bool by_stop = false;  ///< the run's stop lost it
    };
    using Entries = std::unordered_map<ConversationId, Entry, TextHash, std::equal_to<>>;

    void count(Entries::value_type& conversation, Row const& row, supabase::RowResult const& result);
    void report(std::vector<Entries::value_type const*> const& ended);

    RunLog& run_log_;
    RunFacts& facts_;
    std::mutex mutex_;
    std::condition_variable ended_;
    Entries entries_;
    bool abandoned_ = false;
};

} // namespace backfill::app
