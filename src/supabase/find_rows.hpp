#pragma once

#include "backfill/core/conversation.hpp"
#include "backfill/supabase/postgrest.hpp"

#include <stop_token>
#include <string>
#include <vector>

namespace backfill::supabase {

struct FoundRow {
    std::string asked; ///< the id as the caller spells it
    std::string id;    ///< as the database does
    std::string value; ///< of the second column
};

/// The rows whose first of these one or two columns is among `ids`, in no order. The database compares, as the column's
/// type does; an id that the type refuses is in no row. Asks again for those an answer leaves out until none come: a
/// row cap may be shorter than the list. Throws as Postgrest does, and BatchError for an id that is too long to ask
/// for. `condition` is a filter that they meet too.
std::vector<FoundRow> find_rows(Postgrest& postgrest, std::string const& table, std::vector<std::string> const& columns,
    std::vector<std::string> const& ids, std::stop_token const& stop, std::string const& condition = {});

} // namespace backfill::supabase
