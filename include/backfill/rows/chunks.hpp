#pragma once

#include "backfill/core/chunk_limits.hpp"
#include "backfill/core/conversation.hpp"

#include <cstddef>
#include <deque>
#include <vector>

namespace backfill::rows {

/// Takes the next request's rows from the front of `waiting`: at most `limits`, at least one, and each id once (a
/// second row of the same id would fail the whole request; it waits for the next one). Their order is that in which
/// they waited.
std::vector<Row> take_chunk(std::deque<Row>& waiting, ChunkLimits const& limits);

} // namespace backfill::rows
