#pragma once

#include "app/pipeline/pipeline.hpp"
#include "app/settings/settings.hpp"
#include "backfill/core/console.hpp"

namespace backfill::app {

/// To both sides, as the settings say. Refers to them.
Connections connections_of(Settings const& settings);

/// `status` and `doctor`: what looks at the sides and has no report. Returns the exit code.
int look_with(Settings const& settings, Console& console);

} // namespace backfill::app
