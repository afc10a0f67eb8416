#pragma once

#include "app/settings/settings.hpp"

#include <string>
#include <vector>

namespace backfill::app {

/// Of everything that chooses rows, as it is set: `25h` is the same every night. A place in the list means nothing to
/// another selection, nor to a run that wants other rows: those before it would lack them.
std::string selection_hash(Settings const& settings);

/// The same of the account, and without what a run may have besides and still go by the mark of the others:
/// UPDATED_SINCE, the limit, chosen ids. Of verify, which reads neither MODE nor ON_CONFLICT, one for each of them.
std::vector<std::string> mark_hashes(Settings const& settings);

/// Of the account and the message table that is filled from it.
std::string table_hash(Settings const& settings);

} // namespace backfill::app
