#pragma once

#include "app/facts/numbers.hpp"
#include "app/facts/run_end.hpp"
#include "app/settings/settings.hpp"
#include "backfill/core/log.hpp"

#include <vector>

namespace backfill::app {

/// What a run says last on standard output: the summary, the traffic with PACE=adaptive, the estimate of a dry run.
/// Nothing when it was stopped or broke before its first batch.
std::vector<Event> closing_lines(Settings const& settings, RunSnapshot const& run, Ending ending);

} // namespace backfill::app
