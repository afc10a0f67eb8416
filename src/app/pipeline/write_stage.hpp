#pragma once

#include "app/pipeline/run.hpp"

namespace backfill::app {

/// A writer's thread: upserts chunk after chunk until its queue is closed and empty, and answers for every row. After
/// an error or a hard stop nothing more is sent; in a dry run nothing at all. Throws nothing: errors go to the run.
void write_rows(Run& run, RowQueue& queue);

} // namespace backfill::app
