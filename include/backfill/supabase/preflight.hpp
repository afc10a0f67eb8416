#pragma once

#include "backfill/supabase/message_table.hpp"
#include "backfill/supabase/postgrest.hpp"

#include <cstddef>
#include <stop_token>
#include <string>

namespace backfill::supabase {

/// What the run will do with the Message table.
enum class Access { read, write };

/// Proves without writing that the run can work: both tables, every mapped column, the key's rights and, for
/// Access::write, the INSERT right and the unique key on id, by an upsert of no rows. Returns the number of rows in the
/// conversation table. Throws FatalError that says what is wrong and how to mend it; Stopped.
std::size_t preflight(Postgrest& postgrest, std::string const& conversation_table, MessageTableLayout const& messages,
    Access access, std::stop_token const& stop);

} // namespace backfill::supabase
