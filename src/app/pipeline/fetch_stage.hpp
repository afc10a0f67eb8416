#pragma once

#include "app/pipeline/run.hpp"

namespace backfill::app {

/// A fetcher's thread: takes jobs until none are left or the run is halted, turns each conversation's messages into
/// rows, and queues them for its writer. Keeps RATE_LIMIT_DELAY. Throws nothing: errors go to the run.
void fetch_conversations(Run& run);

} // namespace backfill::app
