#pragma once

#include "app/log/run_log.hpp"
#include "backfill/core/conversation.hpp"
#include "backfill/core/text_store.hpp"
#include "backfill/rows/chunks.hpp"
#include "backfill/supabase/message_table.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace backfill::app {

/// One conversation on its way to the writer: fetched whole, cleaned, compared.
struct Fetched {
    ConversationId conversation;
    std::vector<Row> rows;      ///< to be sent, oldest first
    std::size_t fresh_rows = 0; ///< how many of them the look-up did not find
    MessageCounts counts;       ///< what is known before the upsert: stored, and failed ones
    MessageDays days;           ///< of those that are counted as stored
    TextStore texts;            ///< what the rows look at
};

/// The rows that wait for one writer, and the conversations that they belong to until the last row is answered for.
/// Fetchers put, the writer takes chunks and answers; it is woken for a chunk, not for each conversation. All functions
/// may be called from any thread.
class Outbox {
public:
    /// A chunk that is not full goes out `linger` after its first row came.
    Outbox(RunLog& run_log, std::chrono::milliseconds linger);

    /// Waits while two chunks' rows wait, or rows of the same conversation. After abandon() the conversation is
    /// dropped.
    void put(Fetched fetched);

    /// Waits for the next chunk: full, lingered, or hastened by flush() or close(). Each id is in it once. Rows
    /// of a conversation that has lost one are answered here: what is stored shall have no holes before what is not.
    /// Nothing when closed and empty, or abandoned.
    std::optional<std::vector<Row>> next_chunk();

    /// The fates of a chunk's rows. A conversation whose last row this was is reported.
    void answer(std::vector<Row> const& rows, std::vector<supabase::RowResult> const& results);

    /// Waits until all that was put is answered for and reported. Returns false when abandoned.
    bool flush();

    void close();   ///< nothing more is put
    void abandon(); ///< nothing more is written: what waits is dropped

private:
    /// A conversation whose rows are not all answered for.
    struct Open {
        std::size_t unanswered;
        MessageCounts counts;
        MessageDays days;
        TextStore texts;
        std::string failure;                             ///< why a row of it was lost
        bool by_stop = false;                            ///< that was the run's stop
        std::unordered_set<std::string_view> was_stored; ///< ON_CONFLICT=update: ids that the look-up found
    };
    using OpenConversations = std::unordered_map<ConversationId, Open, TextHash, std::equal_to<>>;
    using Ended = std::vector<OpenConversations::node_type>;

    bool is_full(std::size_t chunks) const;
    bool is_due() const;
    std::vector<Row> take_rows(Ended& ended);
    void answer(Row const& row, supabase::RowResult const& result, Ended& ended);
    void report(std::unique_lock<std::mutex>& lock, Ended const& ended);

    RunLog& run_log_;
    std::chrono::milliseconds const linger_;
    ChunkLimits const limits_;

    std::mutex mutex_;
    std::condition_variable rows_; ///< for the writer
    std::condition_variable room_; ///< for fetchers
    std::condition_variable idle_; ///< for who waits for conversations to end
    std::deque<Row> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::chrono::steady_clock::time_point oldest_; ///< when the next chunk's first row came
    OpenConversations open_;
    std::size_t unreported_ = 0; ///< threads that report what has ended
    bool hurry_ = false;
    bool closed_ = false;
    bool abandoned_ = false;
};

} // namespace backfill::app
