#pragma once

#include "app/facts/numbers.hpp"
#include "app/facts/run_end.hpp"
#include "app/settings/settings.hpp"

#include <string>
#include <vector>

namespace backfill::app {

/// What to do after a run, the most important first; at least one entry. Each is plain, printable text of one or more
/// sentences, in which names of settings and commands stand in `backticks`, and nothing else does. It follows README's
/// exit codes and "When something is wrong". Pure.
std::vector<std::string> next_steps(Settings const& settings, RunSnapshot const& run, RunEnd const& end);

} // namespace backfill::app
