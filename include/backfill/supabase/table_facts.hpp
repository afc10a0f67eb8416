#pragma once

#include "backfill/core/conversation.hpp"
#include "backfill/supabase/message_table.hpp"
#include "backfill/supabase/postgrest.hpp"
#include "backfill/supabase/work_list.hpp"

#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace backfill::supabase {

struct ConversationSize {
    ConversationId id;
    std::size_t messages = 0;
};

/// What the two tables hold; where there are filters, the conversations that meet them and their messages.
struct TableFacts {
    std::size_t messages = 0;
    std::size_t conversations = 0;
    std::size_t conversations_without_messages = 0;
    std::vector<ConversationId> without_messages; ///< their ids, if asked for, in the database's order
    std::string oldest; ///< message, of the whole table, RFC 3339 in UTC; empty = none, or no such column
    std::string newest; ///< likewise
    std::optional<ConversationSize> smallest; ///< of those with messages; of equal ones the first
    std::optional<ConversationSize> largest;  ///< likewise
};

enum class Listing { counts, ids };

/// Reads the conversation ids of both tables in pages of 1000: about a call for each 1000 messages and each 1000
/// conversations with messages, and some more. Hosted projects allow no aggregates, and an embedded table needs a
/// foreign key; this needs neither. Memory does not grow with the tables; with Listing::ids, and where a text column
/// spells UUIDs in upper case, it keeps the ids of conversations with messages. While a run writes, the numbers are of
/// slightly different moments. Throws as Postgrest does.
TableFacts read_table_facts(Postgrest& postgrest, ConversationTable const& table, MessageTableLayout const& messages,
    Listing listing, std::stop_token const& stop);

} // namespace backfill::supabase
