#pragma once

#include "app/settings/specs.hpp"

#include <string>
#include <vector>

namespace backfill::app {

/// One row of the table of commands: the command line, the help, the manual and the completions follow it.
struct CommandSpec {
    Command command;
    std::string name;
    std::string meaning; ///< one line, for the list of commands
    std::string details; ///< what it does and leaves alone, in sentences, for its own help and the manual
};

std::vector<CommandSpec> const& command_specs();

/// Null when there is none of that name.
CommandSpec const* find_command(std::string const& name);

/// "run, dry-run or verify", for messages.
std::string command_names();

/// Whether the command takes the setting's option; it ignores the variable of a setting it does not take. `config`
/// takes what run, dry-run and verify take.
bool takes(CommandSpec const& command, SettingSpec const& setting);

} // namespace backfill::app
