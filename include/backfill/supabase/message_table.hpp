#pragma once

#include "backfill/core/conversation.hpp"
#include "backfill/supabase/postgrest.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
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
    std::vector<std::string> key{}; ///< columns of the unique key that upserts meet; none = the column of id

    /// The column of a field; the field's own name when it is not mapped.
    std::string column_of(std::string const& field) const;
    /// Whether the unique key holds the conversation: then one id may be stored under several.
    bool parts_by_conversation() const;

    std::string column_list() const; ///< for `columns=` and `select=`
    std::string key_list() const;    ///< for `on_conflict=`
    std::string key_sql() const;     ///< the same for a statement
    bool key_may_change() const;     ///< it has columns beside the ids
    std::string resolution() const;  ///< for the Prefer header
};

/// Which messages of a batch are stored.
struct StoredIds {
    std::unordered_map<ConversationId, MessageIds> by_conversation;
    std::unordered_map<ConversationId, std::string> failed; ///< not looked up, and why
};

/// Where the pages of a look-up end. A page that is shorter than an earlier one, asked for with the same limit, shows
/// that the server's row cap did not cut it; should the cap be lowered meanwhile, upserts meet the ids that were not
/// seen as duplicates. Where no upsert follows, only an empty page will do.
enum class EndOfPages : std::uint8_t { empty_page, shorter_page };

/// Looks up what is stored, through PostgREST. One per thread. Throws FatalError, Stopped, BatchError.
class MessageTable {
public:
    /// `longest_page`: rows of a page that this server has sent, of whatever table, asked for with a limit of
    /// kPageRows.
    MessageTable(Postgrest& postgrest, MessageTableLayout layout, EndOfPages end = EndOfPages::empty_page,
        std::size_t longest_page = 0);

    /// The stored ids of these conversations, all of them whatever the server's row cap.
    StoredIds stored_ids(std::vector<ConversationId> const& conversations, std::stop_token const& stop);

    /// Of each row: nothing when its id is not stored, "" when it is stored under the row's conversation, else the
    /// conversation that it is stored under.
    std::vector<std::optional<ConversationId>> stored_among(std::vector<Row> const& rows, std::stop_token const& stop);

private:
    void look_up(std::span<ConversationId const> ids, StoredIds& found, std::stop_token const& stop);
    bool is_last_page(std::size_t rows);

    Postgrest& postgrest_;
    MessageTableLayout layout_;
    EndOfPages end_;
    std::size_t rows_per_page_ = kPageRows;
    std::size_t longest_page_; ///< of those asked for with the limit `longest_page_of_`
    std::size_t longest_page_of_ = kPageRows;
    std::size_t ids_per_look_up_ = std::numeric_limits<std::size_t>::max();
};

} // namespace backfill::supabase
