#pragma once

#include "app/settings/specs.hpp"

#include "app/settings/settings.hpp"

#include <string>
#include <vector>

namespace backfill::app {

/// One row of the table of commands: the command line, the help, the manual and the completions follow it.
struct CommandSpec {
    Command command;
    std::string name;
    std::string meaning;   ///< one line, as the help lists it
    std::string details{}; ///< what it does and leaves alone, in sentences, for its own help and the manual
};

std::vector<CommandSpec> const& command_specs();

/// The row of that name; null when there is none.
CommandSpec const* find_command(std::string const& name);

/// "run, dry-run or verify", for messages.
std::string command_names();

/// Whether the command takes the setting's option; the variable may stand there for other commands. `config` takes what
/// run, dry-run and verify take.
bool takes(CommandSpec const& command, SettingSpec const& setting);

} // namespace backfill::app
