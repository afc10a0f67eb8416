#pragma once

#include <string_view>

namespace backfill::supabase {

/// Whether a server's text is one that PostgreSQL 15, PostgREST 12 or a gateway makes itself, and names nothing but
/// tables, columns, roles and rights. Everything else could hold what customers wrote: a trigger raises any code with
/// any text, and a check's message quotes the row.
bool is_own_message(std::string_view text);

} // namespace backfill::supabase
