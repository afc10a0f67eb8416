#pragma once

#include "backfill/core/conversation.hpp"

#include <cstddef>
#include <deque>
#include <vector>

namespace backfill::rows {

/// Takes the next request's rows from the front of `waiting`, in their order: at most `limits`, at least one, and each
/// id once (a second row with the same id would fail the whole request; it waits for the next one). A conversation that
/// fits a request is not parted over two: each is taken whole by the database or not at all.
std::vector<Row> take_chunk(std::deque<Row>& waiting, ChunkLimits const& limits);

} // namespace backfill::rows
