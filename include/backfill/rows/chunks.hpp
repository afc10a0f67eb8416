#pragma once

#include "backfill/core/conversation.hpp"

#include <cstddef>
#include <deque>
#include <vector>

namespace backfill::rows {

/// 500 rows is where PostgREST's cost per row stops falling (measured: 12 k rows/s at 100, 20 k at 500, 21 k at 5000);
/// 1 MB stays below the body limits of common proxies.
struct ChunkLimits {
    std::size_t rows = 500;
    std::size_t bytes = 1'000'000;
};

/// Takes the next request's rows from the front of `waiting`: at most `limits`, at least one, and each id once (a
/// second row of the same id would fail the whole request; it waits for the next one). Their order is that in which
/// they waited.
std::vector<Row> take_chunk(std::deque<Row>& waiting, ChunkLimits const& limits);

} // namespace backfill::rows
