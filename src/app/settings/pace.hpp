#pragma once

#include "app/settings/values.hpp"

#include "app/settings/settings.hpp"

namespace backfill::app {

/// Fills in all that decides how fast, how long, and for which part of the conversations a run works: the delays, PACE,
/// CONCURRENCY, the quota, MODE, MAX_DURATION, STATE_FILE and the shard. Throws UsageError.
void read_pace(Settings& settings, SettingValues const& values, SettingSources const& sources);

} // namespace backfill::app
