#pragma once

#include "backfill/core/conversation.hpp"

#include <cstddef>
#include <deque>
#include <vector>

namespace backfill::rows {

/// Takes the next request's rows from the front of `waiting`, in their order: at most `limits`, at least one, and each
/// id once (a second row with the same id would fail the whole request; it waits for the next one). A conversation
/// begins a request of its own unless all of it fits behind those before it. So one that fits a request is taken whole
/// by the database or not at all, and of a longer one the first part is as large as a request can be.
std::vector<Row> take_chunk(std::deque<Row>& waiting, ChunkLimits const& limits);

} // namespace backfill::rows
