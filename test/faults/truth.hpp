#pragma once

#include "faults/outcome.hpp"

namespace backfill::test {

/// Counts what is lost, and complains of what is there and should not be. `switches` say what has changed at Freshchat.
void check_truth(Switches const& switches, Outcome& outcome);

} // namespace backfill::test
