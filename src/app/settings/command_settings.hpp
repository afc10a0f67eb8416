#pragma once

#include "app/settings/values.hpp"

#include "app/settings/settings.hpp"

namespace backfill::app {

/// What the command line's one word means. Throws UsageError when it is none, or has company.
Command command_of(CommandLine const& line);

/// Throws UsageError for an option that the command does not know; a variable may stand there for other commands.
void expect_known_options(CommandLine const& line);

/// REJECTS_FILE and its kin; FROM_REJECTS narrows the selection.
void read_rejects(Settings& settings, SettingValues const& values, SettingSources const& sources);

/// What only verify knows. It reads everything, and leaves stored rows and the state of runs alone.
void read_verify(Settings& settings, SettingValues const& values);

/// What only the commands know that look and write nothing: status and doctor.
void read_looking(Settings& settings, SettingValues const& values);

} // namespace backfill::app
