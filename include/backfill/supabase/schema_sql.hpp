#pragma once

#include "backfill/supabase/message_table.hpp"
#include "backfill/supabase/work_list.hpp"

#include <string>

namespace backfill::supabase {

/// Whom the tables are for.
struct TableUser {
    std::string role = "service_role";
    bool bypasses_row_level_security = true; ///< else the role needs policies
};

/// SQL that makes both tables as a run needs them, with keys, indexes, grants and policies, and no line end at its end.
/// It makes what is missing and drops nothing, so executing it again changes nothing. A table that is there keeps its
/// columns, their types and its rows; the message table gets the columns and the unique key that it lacks. Empty
/// `schema`: public. Names may be any that PostgreSQL takes and keeps; throws UsageError with a line for each that it
/// would cut, has itself, or would have twice.
std::string schema_sql(ConversationTable const& conversations, MessageTableLayout const& messages,
    std::string const& schema, TableUser const& user);

/// Of that, the index that has the order of the work list: one statement.
std::string list_index_sql(ConversationTable const& table, std::string const& schema);

} // namespace backfill::supabase
