#pragma once

#include "backfill/supabase/doubts.hpp"
#include "backfill/supabase/message_table.hpp"
#include "backfill/supabase/postgrest.hpp"
#include "backfill/supabase/work_list.hpp"

#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace backfill::supabase {

/// What the run will do with the Message table.
enum class Access { read, write };

/// Each proves a part without writing. Throws FatalError with what is wrong and how to mend it, Stopped.
///
/// The conversation table with its columns and filters, and the right to read it. Returns the number of its rows,
/// whether or not they meet the filters.
std::size_t prove_conversations(Postgrest& postgrest, ConversationTable const& table, std::stop_token const& stop);

/// The filters alone, and the columns by whose time rows are chosen, each by a read of its own; and where the settings
/// choose by time, that PostgREST's description does not tell of a type that compares otherwise.
void prove_filters(Postgrest& postgrest, ConversationTable const& table, std::stop_token const& stop);

/// Every mapped column of the message table, and the right to read it. Returns whether it shows a row.
bool prove_reading(Postgrest& postgrest, MessageTableLayout const& messages, std::stop_token const& stop);

/// The INSERT right and the unique key on id, by an upsert of no rows. Returns why they cannot be known: a trigger may
/// refuse a statement without rows.
std::optional<Doubt> prove_writing(
    Postgrest& postgrest, MessageTableLayout const& messages, std::stop_token const& stop);

/// Whether an upsert of no rows passes now. Then a request with rows that did not was refused for one of them, whatever
/// its code. Throws Stopped.
bool takes_upserts(Postgrest& postgrest, MessageTableLayout const& messages, std::stop_token const& stop);

/// An upsert's answer tells which resolution was applied. Throws FatalError when it does not: rows may have doubled.
void expect_resolution(Answer const& answer, MessageTableLayout const& messages);

struct Sight {
    std::size_t conversations = 0;   ///< rows
    bool has_messages = false;       ///< at least one row
    std::optional<Doubt> unproven{}; ///< what prove_writing returned
};

/// Proves that the run can work: all of the above, the last one for Access::write only. Returns what it saw. Each of
/// the `others` is used for a proof of its own, side by side with those of `postgrest`; of several failures the one
/// that comes first in the order above is thrown, whichever is known first.
Sight preflight(Postgrest& postgrest, ConversationTable const& conversations, MessageTableLayout const& messages,
    Access access, std::stop_token const& stop, std::vector<Postgrest*> others = {});

} // namespace backfill::supabase
