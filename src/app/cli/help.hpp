#pragma once

#include "app/facts/exit_codes.hpp"
#include "app/settings/commands.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace backfill::app {

/// A row of the table of exit codes in sentences.
std::string exit_code_sentences(ExitCodeText const& row);

/// " (verify only)", " (not status)"; empty for what all commands take.
std::string commands_text(SettingSpec const& spec);

/// The options and variables that the command takes, all of them without a command; then what is no setting.
std::vector<SettingSpec> settings_of(CommandSpec const* command);

/// The words of the text in lines of at most `width` bytes.
std::string wrapped(std::string const& text, std::size_t width);

/// "=VALUE" and its kin; empty for a flag.
std::string value_hint(SettingSpec const& spec);

/// `--help`, of the program or of one command.
std::string help_text(CommandSpec const* command = nullptr);

} // namespace backfill::app
