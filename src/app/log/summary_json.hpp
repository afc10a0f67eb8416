#pragma once

#include "app/facts/run_facts.hpp"
#include "app/settings/settings.hpp"

#include <string>

namespace backfill::app {

/// SUMMARY_FILE: the whole result as JSON, with a newline. It holds ids, reasons and numbers; no secret and no
/// customer's text.
std::string summary_json(Settings const& settings, RunFacts const& facts, RunEnd const& end);

} // namespace backfill::app
