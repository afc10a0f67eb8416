#pragma once

#include "app/facts/run_history.hpp"
#include "app/page/charts.hpp"

#include <vector>

namespace backfill::app {

/// How long the answers of each side took, both sides on the same logarithmic axis. Pure.
std::vector<Picture> response_times(RunHistory const& history);

} // namespace backfill::app
