#pragma once

#include "backfill/supabase/message_table.hpp"
#include "backfill/supabase/work_list.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace backfill::supabase {

// Names of what `schema` makes. PostgreSQL cuts those of more than 63 bytes, without an error.

/// The same name, unless it is too long. Two long ones that differ stay two.
std::string short_name(std::string const& name);

/// As PostgreSQL names an index that is given no name: one that somebody made so is found, and not made again.
std::string index_name(std::string_view table, std::vector<std::string> const& columns);

/// Whether the index of the unique key serves the look-up of a conversation's messages, too.
bool is_found_by_key(MessageTableLayout const& messages);

/// Throws UsageError with a line for each name that PostgreSQL would cut, that it has itself, or that would be there
/// twice.
void expect_usable_names(
    ConversationTable const& conversations, MessageTableLayout const& messages, std::string const& schema);

} // namespace backfill::supabase
