#pragma once

#include "backfill/core/conversation.hpp"

#include <span>
#include <string>

namespace backfill::supabase {

/// The rows as a JSON array, sorted by id, since unsorted concurrent upserts deadlock. Only here: requests, and halves
/// of a refused one, are cut in order of time, so that no older row is missing before a stored one.
std::string body_of(std::span<Row const> rows);

} // namespace backfill::supabase
