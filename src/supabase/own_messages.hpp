#pragma once

#include <string_view>

namespace backfill::supabase {

/// True for a text that PostgreSQL 15, PostgREST 12 or a gateway makes itself, and that names only tables, columns,
/// roles and rights. Any other could quote customers: a trigger raises any code with any text, and a check's message
/// quotes the row.
bool is_own_message(std::string_view text);

} // namespace backfill::supabase
