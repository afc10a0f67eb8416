#pragma once

#include "app/facts/numbers.hpp"
#include "app/settings/settings.hpp"

#include <string>

namespace backfill::app {

/// How the run ended, in a line: "Finished, but 3 conversations failed".
std::string outcome_heading(Settings const& settings, RunSnapshot const& run, RunEnd const& end);

/// What its exit code means, in a line: "stopped early; what was fetched is stored".
std::string outcome_meaning(Settings const& settings, RunEnd const& end);

} // namespace backfill::app
