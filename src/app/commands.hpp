#pragma once

#include "backfill/app/settings.hpp"

#include <string>
#include <vector>

namespace backfill::app {

/// One row of the table of commands: the command line, the help and its refusals all follow it.
struct CommandSpec {
    Command command;
    std::string name;
    std::string meaning;
};

std::vector<CommandSpec> const& command_specs();

/// "run, dry-run or verify"
std::string command_names();

} // namespace backfill::app
