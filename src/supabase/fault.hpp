#pragma once

#include "backfill/http/transport.hpp"

#include <string>

namespace backfill::supabase {

/// What a PostgREST answer means. Its JSON `code` counts before its status, which differs between versions.
enum class Fault {
    none,
    fatal,    ///< refused key, missing table, column, right or unique key: the run cannot go on
    retry,    ///< may pass
    smaller,  ///< statement timeout: half as much may pass
    too_long, ///< body or URL too long: only a shorter request passes
    poison,   ///< a row (or an id asked for) that PostgreSQL refuses: the others may pass
    unknown,  ///< fails this batch, is not tried again
};

Fault classify(http::Outcome const& outcome);

/// True for codes that a stale schema cache causes too: worth another try after some seconds.
bool may_be_stale_cache(http::Outcome const& outcome);

/// "42501: permission denied for table Message": the code, and the message where it is one of PostgREST's or
/// PostgreSQL's own (see own_messages.hpp); never a message that could quote a value, never `details`.
std::string explain(http::Outcome const& outcome);

/// What to do about a fatal answer concerning `table`, as a sentence.
std::string advice(http::Outcome const& outcome, std::string const& table);

} // namespace backfill::supabase
