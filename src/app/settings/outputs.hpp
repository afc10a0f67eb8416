#pragma once

#include "app/settings/settings.hpp"

namespace backfill::app {

/// Fills in what a run leaves and shows: LOG_FORMAT, PROGRESS, PROGRESS_INTERVAL, PUSHGATEWAY_URL, and the files of
/// state, rejects, summary, report and metrics. Throws UsageError.
void read_outputs(Settings& settings, SettingValues const& values);

} // namespace backfill::app
