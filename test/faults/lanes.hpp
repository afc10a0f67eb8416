#pragma once

#include "faults/outcome.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace backfill::test {

/// Runs the jobs in `lanes` processes, each with a stack of its own under `folder`, and prints them in their order as
/// they end. Jobs find an empty folder "written" where they run. Returns whether all went well; the output of one that
/// did not is kept in `folder`. Start no thread before.
bool run_in_lanes(std::vector<Job> const& jobs, std::size_t lanes, std::string const& folder);

} // namespace backfill::test
