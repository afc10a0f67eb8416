#pragma once

#include "app/settings/settings.hpp"
#include "app/settings/values.hpp"

#include <string>
#include <vector>

namespace backfill::app {

// What the settings are warned about: each adds to `warnings`.

enum class Given {
    anywhere,
    as_option, ///< for this command: variables are shared with others
};

/// Settings that were set, although `reason` takes their effect away: somebody meant something by them.
void warn_without_effect(Settings& settings, SettingValues const& values, std::vector<std::string> const& names,
    std::string const& reason, Given given = Given::anywhere);

/// Options that the command takes, since runs do, and that change nothing in what it does.
void warn_of_idle_options(Settings& settings, SettingValues const& values);

/// Settings that do nothing without another one, which is unset or set so.
void warn_of_idle_companions(Settings& settings, SettingValues const& values);

/// Names of one setting that hold different things in the same place.
void warn_of_rivals(Settings& settings, SettingValues const& values);

/// A line for each name that is nearly that of a setting which the command takes and nothing sets.
std::vector<std::string> misspelt_names(Command command, SettingValues const& values);

/// Lines for settings that are required and missing: names that were meant for them, and an env file that nothing
/// reads.
std::vector<std::string> hints_at_missing(Command command, SettingValues const& values);

void warn_of_unwise_combinations(Settings& settings);

} // namespace backfill::app
