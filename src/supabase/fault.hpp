#pragma once

#include "backfill/http/transport.hpp"

#include <string>

namespace backfill::supabase {

/// What a PostgREST answer means. The JSON `code` is looked at first, the status second: statuses differ between
/// versions.
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

/// True for the codes that a stale schema cache gives too: worth one more try after some seconds.
bool may_be_stale_cache(http::Outcome const& outcome);

/// Whether the request held rows, which whatever answers may quote.
enum class Sent { rows, no_rows };

/// "42501 permission denied for table Message": code and message, printable; never a message that quotes a value
/// (classes 22, 23, P0001), never `details`. Of an answer to rows only messages that are PostgREST's and PostgreSQL's
/// own and name nothing but tables, columns and rights: triggers raise any code with any text.
std::string explain(http::Outcome const& outcome, Sent sent = Sent::no_rows);

/// What to do about a fatal answer concerning `table`, as a sentence.
std::string advice(http::Outcome const& outcome, std::string const& table);

} // namespace backfill::supabase
