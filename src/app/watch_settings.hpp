#pragma once

#include "app/setting_values.hpp"

namespace backfill::app {

/// LOG_FORMAT, PROGRESS, PROGRESS_INTERVAL, SUMMARY_FILE, REPORT_FILE. To be read after the other files. Throws
/// UsageError.
void read_watching(Settings& settings, SettingValues const& values);

} // namespace backfill::app
