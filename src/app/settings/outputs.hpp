#pragma once

#include "app/settings/values.hpp"

namespace backfill::app {

/// LOG_FORMAT, PROGRESS, PROGRESS_INTERVAL, SUMMARY_FILE, REPORT_FILE, METRICS_FILE, PUSHGATEWAY_URL. To be read after
/// the other files. Throws UsageError.
void read_watching(Settings& settings, SettingValues const& values, SettingSources const& sources);

} // namespace backfill::app
