#pragma once

#include "faults/outcome.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace backfill::test {

/// `kills` runs killed at random moments, half of them with MODE=incremental, each followed by a whole one; a quarter
/// as many stopped by SIGTERM; a tenth as many pairs of runs at the same time. In series of a few, drawn from `seed`.
std::vector<Job> kill_jobs(std::size_t kills, unsigned seed, std::string const& folder);

} // namespace backfill::test
