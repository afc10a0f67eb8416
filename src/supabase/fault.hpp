#pragma once

#include "backfill/http/transport.hpp"
#include "backfill/supabase/postgrest.hpp"

#include <string>
#include <string_view>

namespace backfill::supabase {

Fault classify(http::Outcome const& outcome);

/// True for codes that a stale schema cache causes too: worth another try after some seconds.
bool may_be_stale_cache(http::Outcome const& outcome);

/// True for a text that PostgreSQL 15, PostgREST 12 or a gateway makes itself, and that names only tables, columns,
/// roles and rights. Any other could quote customers: a trigger raises any code with any text, and a check's message
/// quotes the row.
bool is_own_message(std::string_view text);

/// "42501: permission denied for table Message": the code, and the message where it is one of PostgREST's or
/// PostgreSQL's own; never a message that could quote a value, never `details`.
std::string explain(http::Outcome const& outcome);

/// What to do about a fatal answer concerning `table`, as a sentence.
std::string advice(http::Outcome const& outcome, std::string const& table);

} // namespace backfill::supabase
