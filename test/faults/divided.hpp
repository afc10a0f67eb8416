#pragma once

#include "faults/outcome.hpp"

#include <string>
#include <vector>

namespace backfill::test {

/// Upserts that are sent in two halves, of which one is lost: the next run with MODE=incremental must not take the
/// other one for all that there is.
std::vector<Job> divided_jobs(std::string const& folder);

} // namespace backfill::test
