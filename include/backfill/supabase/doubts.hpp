#pragma once

#include "backfill/supabase/message_table.hpp"
#include "backfill/supabase/postgrest.hpp"
#include "backfill/supabase/work_list.hpp"

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace backfill::supabase {

/// Why the message table may take no row, or not the row that is meant; or why the list of conversations may not be in
/// the order of time.
struct Doubt {
    enum class About { messages, conversations };

    std::string found;  ///< without its full stop
    std::string advice; ///< in sentences
    About about = About::messages;
};

/// What PostgREST tells of the tables' columns without writing: their types, and which must have a value (`GET /`, an
/// OpenAPI description). This is evidence, not proof: a column that a trigger fills looks like one that nobody fills.
/// Nothing where it does not tell: `openapi-mode` may be off, and hosted projects refuse anon keys. Throws Stopped.
std::optional<std::vector<Doubt>> doubts_about(Postgrest& postgrest, ConversationTable const& conversations,
    MessageTableLayout const& messages, std::stop_token const& stop);

} // namespace backfill::supabase
