#pragma once

#include "app/doctor/visit.hpp"
#include "backfill/core/conversation.hpp"

#include <vector>

namespace backfill::app {

/// Checks key, tables, columns, rights, unique key and row cap. Returns the first conversations that a run would take;
/// none when they could not be read.
std::vector<ConversationId> examine_supabase(Visit const& visit);

} // namespace backfill::app
