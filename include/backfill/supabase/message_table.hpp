#pragma once

#include "backfill/core/conversation.hpp"
#include "backfill/supabase/postgrest.hpp"

#include <cstddef>
#include <limits>
#include <span>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

namespace backfill::supabase {

/// What an upsert does to a row whose id is already stored.
enum class OnConflict { ignore, update };

struct MessageTableLayout {
    std::string table;
    Columns columns; ///< holds the fields id and conversationid
    OnConflict on_conflict = OnConflict::ignore;

    /// The column of a field; the field's own name when it is not mapped.
    std::string column_of(std::string const& field) const;
    std::string column_list() const; ///< for `columns=` and `select=`
    std::string resolution() const;  ///< for the Prefer header
};

/// Which messages of a batch are stored.
struct StoredIds {
    std::unordered_map<ConversationId, MessageIds> by_conversation;
    std::unordered_map<ConversationId, std::string> failed; ///< not looked up, and why
};

struct RowResult {
    enum class Fate {
        written,        ///< inserted (or, with OnConflict::update, rewritten)
        already_stored, ///< the database had its id, or another run was quicker
        refused,        ///< the database refuses this row
        dropped,        ///< the database took this row without an error, and does not hold it
        lost,           ///< the upsert failed for good; the row may or may not be stored
        cut_off,        ///< likewise, because the run was stopped
    };
    Fate fate = Fate::lost;
    std::string reason{}; ///< fit to print; never quotes a value
    std::string code{};   ///< PostgREST's or the database's, of a refused row
};

/// The Message table through PostgREST. One per thread. Throws FatalError, Stopped; stored_ids() also BatchError.
class MessageTable {
public:
    MessageTable(Postgrest& postgrest, MessageTableLayout layout);

    /// Looks up the stored ids of these conversations, all of them whatever the server's row cap.
    StoredIds stored_ids(std::vector<ConversationId> const& conversations, std::stop_token const& stop);

    /// Upserts one chunk in its order: each id once, rows of a conversation oldest first. `results[i]` is the fate of
    /// `rows[i]`, also for those answered before an exception. Requests shrink while the database is slow, before its
    /// statement timeout (8 s for the service role) cuts them off, and grow again when it is quick. Halving isolates a
    /// refused row, so it never takes others with it. Throws FatalError when the first 20 rows of the run are all
    /// refused with the same code: that is the table, not the rows.
    void upsert(std::vector<Row> const& rows, std::vector<RowResult>& results, std::stop_token const& stop);

private:
    void look_up(std::span<ConversationId const> ids, StoredIds& found, std::stop_token const& stop);
    void send(std::span<Row const> rows, std::span<RowResult> results, std::stop_token const& stop);
    void settle(std::span<Row const> rows, std::vector<std::size_t> const& passed_over, std::span<RowResult> results,
        std::stop_token const& stop);
    void note_speed(std::size_t rows, Clock::Duration took);
    void note_refused(Row const& row, Answer const& answer, RowResult& result);

    Postgrest& postgrest_;
    MessageTableLayout layout_;
    std::size_t most_rows_ = ChunkLimits{}.rows; ///< the largest request the server has not refused
    std::size_t rows_per_request_ = most_rows_;  ///< fewer while it is slow
    int quick_in_a_row_ = 0;
    std::size_t rows_per_page_ = kPageRows;
    std::size_t ids_per_look_up_ = std::numeric_limits<std::size_t>::max();
    std::size_t refused_from_start_ = 0; ///< rows refused before any other answer
    std::string refused_code_;
    bool any_row_passed_ = false;
};

} // namespace backfill::supabase
