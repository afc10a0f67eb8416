#pragma once

#include "app/settings/settings.hpp"
#include "app/settings/values.hpp"

namespace backfill::app {

// The two secrets, and what is worth a warning about them. Each throws UsageError where it is needed and missing, or
// stands in the other's place.

void read_freshchat_token(Settings& settings, SettingValues const& values);
void read_supabase_key(Settings& settings, SettingValues const& values);

} // namespace backfill::app
