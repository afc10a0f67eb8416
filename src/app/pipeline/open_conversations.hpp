#pragma once

#include "app/log/run_log.hpp"
#include "app/settings/settings.hpp"
#include "backfill/core/conversation.hpp"
#include "backfill/core/text_store.hpp"
#include "backfill/supabase/message_writer.hpp"

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace backfill::app {

/// One conversation on its way to the writer: fetched whole, cleaned, compared.
struct Fetched {
    ConversationId conversation;
    std::vector<Row> rows;              ///< to be sent, the new ones first, both parts oldest first
    MessageCounts counts;               ///< what is known before the upsert: stored, excluded and unusable ones
    TextStore texts;                    ///< what the rows look at
    std::vector<std::string> surplus{}; ///< verify: stored ids that Freshchat does not have in this conversation
};

/// The conversations whose rows are on their way to the database, each until its last row is answered for: then it is
/// reported. Keeps what their rows look at. Any thread; all rows of a conversation are answered by one.
class OpenConversations {
public:
    OpenConversations(Settings const& settings, RunLog& run_log, RunFacts& facts)
        : settings_{settings}, run_log_{run_log}, facts_{facts}
    {
    }

    /// Returns the rows to send. A conversation without rows is reported at once. While an earlier entry of its id is
    /// open, waits (the list may hold an id twice); once abandoned, or where the earlier one is put back, drops it
    /// instead and returns no rows.
    std::vector<Row> open(Fetched fetched);

    /// Leaves out the rows of conversations that have lost one, and answers them as lost: what is stored has no holes
    /// before what is not.
    std::vector<Row> sendable(std::vector<Row> rows);

    /// Before a request with these rows: marks the conversations that it holds in part.
    void sending(std::span<Row const> rows);

    /// `results[i]` is the fate of `rows[i]`.
    void answer(std::vector<Row> const& rows, std::vector<supabase::RowResult> const& results);

    /// Nobody waits for these rows' conversations until they are answered after all.
    void put_back(std::vector<Row> const& rows);

    /// Waits until every conversation is reported or has rows put back. Returns false when abandoned.
    bool wait_until_none();

    /// Reports the conversations with a surplus, which waited: a surplus message that Freshchat has in another
    /// conversation is none. Call once, after all rows are answered.
    void report_surplus();

    void abandon(); ///< some rows will not be answered: nobody waits any more

private:
    struct Entry {
        std::size_t unanswered;
        std::size_t rows;
        MessageCounts counts;
        TextStore texts;
        std::string failure{}; ///< why a row was lost
        bool by_stop = false;  ///< the run's stop lost it
        bool is_put_back = false;
        bool is_parted = false; ///< over several requests
        std::vector<std::string> surplus{};
        std::vector<std::string> missing{}; ///< verify: ids that were not stored
    };
    using Entries = std::unordered_map<ConversationId, Entry, TextHash, std::equal_to<>>;

    bool is_written(supabase::RowResult::Fate fate) const;
    Entries::value_type& of_row(Row const& row, Entries::value_type* last);
    void count(Entries::value_type& conversation, Row const& row, supabase::RowResult const& result);
    void report(std::vector<Entries::value_type*> const& ended);
    void done(ConversationId const& id, Entry& entry);

    Settings const& settings_;
    RunLog& run_log_;
    RunFacts& facts_;
    std::mutex mutex_;
    std::condition_variable ended_;
    Entries entries_;
    std::size_t put_back_ = 0; ///< entries
    bool abandoned_ = false;
    std::vector<std::pair<ConversationId, Entry>> with_surplus_;
    std::unordered_set<std::string> elsewhere_; ///< message ids, folded, that are stored under another conversation
};

} // namespace backfill::app
