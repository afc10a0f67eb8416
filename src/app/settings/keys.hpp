#pragma once

#include "app/settings/settings.hpp"
#include "app/settings/values.hpp"

#include <string>
#include <vector>

namespace backfill::app {

// The two secrets, and what is worth a warning about them. Each throws UsageError where it is needed and missing, or
// stands in the other's place.

void read_freshchat_token(Settings& settings, SettingValues const& values);
void read_supabase_key(Settings& settings, SettingValues const& values);

/// Of a key whose name makes a Next.js app show it to browsers; "" for any other.
std::string warning_of_public_name(SettingValues const& values);

/// A warning where others can read the secret's file.
void warn_if_exposed(SettingValue const& secret, std::vector<std::string>& warnings);

} // namespace backfill::app
