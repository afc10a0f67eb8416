#pragma once

#include "app/settings/settings.hpp"

namespace backfill::app {

/// Fills in how fast and how long a run works: the delays, PACE, CONCURRENCY, the quota, MODE and MAX_DURATION. Call it
/// after the selection, the outputs and ON_CONFLICT are read, for the warnings and the shards. Throws UsageError.
void read_pace(Settings& settings, SettingValues const& values);

} // namespace backfill::app
