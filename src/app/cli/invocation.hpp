#pragma once

#include "app/settings/settings.hpp"

#include <optional>
#include <string>
#include <vector>

namespace backfill::app {

/// What the command line asks for: a run, or a text to print.
struct Invocation {
    std::optional<Settings> settings;
    std::string text{};                  ///< help, version or the table of settings, when there are no settings
    std::vector<std::string> notes{};    ///< for stderr, after the text
    std::vector<std::string> refusals{}; ///< likewise; the settings shown in the text cannot be used
};

/// Reads `COMMAND [options]` (argv without the program's name); pure except for the sources. Throws UsageError with one
/// line that names the option or variable, its value (never a secret's) and what is allowed.
Invocation parse_settings(std::vector<std::string> const& arguments, SettingSources const& sources);

} // namespace backfill::app
