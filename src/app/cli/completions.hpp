#pragma once

#include "app/settings/specs.hpp"

#include <string>

namespace backfill::app {

/// A script that completes the program's command line in a shell: commands, the options that fit the command, the
/// values of settings with choices, and files where a setting is one.
std::string completion_script(Shell shell);

} // namespace backfill::app
