#pragma once

#include "app/settings/settings.hpp"
#include "backfill/core/console.hpp"

namespace backfill::app {

/// `status` and `doctor`: what looks at the sides and has no report. Returns the exit code.
int look_with(Settings const& settings, Console& console);

} // namespace backfill::app
