#pragma once

#include "app/settings/settings.hpp"

#include <string>

namespace backfill::app {

/// Of everything that chooses rows. A place in the list means nothing to another selection, nor to a run that wants
/// other rows: those before it would lack them.
std::string selection_hash(Settings const& settings);

/// Of the account and the message table that is filled from it.
std::string table_hash(Settings const& settings);

} // namespace backfill::app
