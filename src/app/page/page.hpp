#pragma once

#include "app/facts/run_facts.hpp"
#include "app/settings/settings.hpp"

#include <string>

namespace backfill::app {

/// REPORT_FILE: the result and the course of a run as one HTML page that needs no other file, and no script to be read.
/// Its content policy allows no request, and no style or script but its own. It holds ids, reasons and numbers; no
/// secret and no text of a customer.
std::string report_page(Settings const& settings, RunFacts const& facts, RunEnd const& end);

} // namespace backfill::app
