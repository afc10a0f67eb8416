#pragma once

#include "app/facts/numbers.hpp"
#include "app/settings/settings.hpp"

#include <string>

namespace backfill::app {

/// MARKDOWN_FILE: how a run ended, what to do next, and the numbers of its summary. Whatever comes from outside stays
/// text. Holds no ids.
std::string markdown_page(Settings const& settings, RunSnapshot run, RunEnd const& end);

} // namespace backfill::app
