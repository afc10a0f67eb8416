#pragma once

#include "app/settings/values.hpp"

#include "app/settings/settings.hpp"

namespace backfill::app {

/// Every setting checked and typed, as the command sees it. Throws UsageError for the first that is wrong or missing.
Settings typed_settings(Command command, SettingValues const& values, SettingSources const& sources);

} // namespace backfill::app
