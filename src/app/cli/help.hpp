#pragma once

#include "app/facts/exit_codes.hpp"
#include "app/settings/specs.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace backfill::app {

/// A row of the table of exit codes in sentences.
std::string exit_code_sentences(ExitCodeText const& row);

/// "=VALUE", "=FILE", "=fixed|adaptive"; empty for a flag.
std::string value_hint(SettingSpec const& spec);

/// What the setting means, its range included, in Markdown.
std::string meaning_text(SettingSpec const& spec);

/// The same in plain text, with whether it is required, and the commands that take it where not all do.
std::string description(SettingSpec const& spec);

/// The settings that the command takes, or all without a command; then the options that are no settings.
std::vector<SettingSpec> settings_of(CommandSpec const* command);

/// The words of the text in lines of at most `width` bytes.
std::string wrapped(std::string const& text, std::size_t width, std::string const& line_end = "\n");

/// `--help`, of the program or of one command.
std::string help_text(CommandSpec const* command = nullptr);

/// freshchat-backfill(1) in roff, with the man macros. In help_man.cpp.
std::string man_page();

} // namespace backfill::app
