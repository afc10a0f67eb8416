#pragma once

#include "faults/outcome.hpp"
#include "faults/row.hpp"

namespace backfill::test {

/// Runs the program under the row's fault, lifts it, runs it once more, and looks at everything. `folder`: an empty
/// one, for what the program writes.
Outcome run_row(Row const& row, std::string const& folder);

} // namespace backfill::test
