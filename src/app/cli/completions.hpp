#pragma once

#include <string>

namespace backfill::app {

/// A script that completes the program's command line in a shell: commands, the options that fit the command, the
/// values of enumerated settings, and files where a setting is one. `shell` is one of the choices of --completion.
std::string completion_script(std::string const& shell);

} // namespace backfill::app
