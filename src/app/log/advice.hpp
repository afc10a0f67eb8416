#pragma once

#include "app/facts/run_facts.hpp"
#include "app/settings/settings.hpp"

#include <string>
#include <vector>

namespace backfill::app {

/// What to do, the most important first; at least one entry. Each is plain text of one or more sentences, in which
/// names of settings and commands are in backticks, and nothing else is.
std::vector<std::string> next_steps(Settings const& settings, RunSnapshot const& run, RunEnd const& end);

} // namespace backfill::app
