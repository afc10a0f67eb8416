#include "app/cli/invocation.hpp"

#include "app/cli/completions.hpp"
#include "app/cli/config_text.hpp"
#include "app/cli/help.hpp"
#include "app/cli/man_page.hpp"
#include "app/settings/commands.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/core/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

namespace backfill::app {
namespace {

/// Reads each file only once, standard input too.
SettingSources reading_once(SettingSources sources)
{
    auto const texts = std::make_shared<std::map<std::string, std::optional<std::string>>>();
    auto const read = sources.read_file;
    sources.read_file = [texts, read](std::string const& path) {
        auto const known = texts->find(path);
        return known == texts->end() ? texts->emplace(path, read(path)).first->second : known->second;
    };
    return sources;
}

/// Throws UsageError when the words are not exactly one command.
CommandSpec const& command_of(CommandLine const& line)
{
    if (line.words.empty()) {
        throw UsageError{fmt::format("no command; expected {}, see --help", command_names())};
    }
    auto const word = printable(line.words[0], 60);
    if (line.words.size() > 1) {
        throw UsageError{
            fmt::format("stray argument {} after the command {}; see --help", printable(line.words[1], 60), word)};
    }
    auto const* const command = find_command(line.words[0]);
    if (command == nullptr) {
        throw UsageError{fmt::format("unknown command {}; expected {}, see --help", word, command_names())};
    }
    return *command;
}

/// Throws UsageError for an option that the command does not take; a variable may be meant for other commands.
void expect_known_options(CommandSpec const& command, CommandLine const& line)
{
    for (auto const& [name, values] : line.options) {
        auto const& spec = setting_spec(name);
        if (!takes(command, spec)) {
            throw UsageError{fmt::format("{} is not an option of {}; see --help", spec.option, command.name)};
        }
    }
}

/// Reads the settings as every command would, and sends nothing.
Invocation show_settings(CommandLine line, SettingSources const& sources)
{
    auto const once = reading_once(sources);
    SettingValues const values{std::move(line), once};
    std::optional<Settings> checked;
    std::optional<std::string> refusal;
    try {
        for (auto const& spec : command_specs()) {
            auto settings = typed_settings(spec.command, values);
            if (!checked) {
                checked = std::move(settings);
            }
        }
    } catch (UsageError const& error) {
        refusal = error.what();
    }
    auto [table, refusals] = config_text(values, refusal ? nullptr : &*checked);
    auto const is_told = [&](std::string const& told) { return refusal->starts_with(told); };
    if (refusal && std::ranges::none_of(refusals, is_told)) {
        refusals.push_back(*refusal);
    }
    return {std::nullopt, table, checked ? checked->warnings : std::vector<std::string>{}, refusals};
}

/// A text that needs no setting; nothing when the line asks for a command.
std::optional<std::string> plain_text(CommandLine const& line)
{
    if (line.plain.contains("--help")) {
        return help_text(line.words.size() == 1 ? find_command(line.words.front()) : nullptr);
    }
    if (line.plain.contains("--version")) {
        return "freshchat-backfill " + version();
    }
    if (line.plain.contains("--man")) {
        return man_page();
    }
    if (auto const completion = line.plain.find("--completion"); completion != line.plain.end()) {
        auto const* const shell = find_choice(shells(), completion->second);
        if (shell == nullptr) {
            throw UsageError{fmt::format("--completion={}: must be {}", printable(completion->second, 60),
                fmt::join(words_of(shells()), " or "))};
        }
        return completion_script(std::get<Shell>(shell->value));
    }
    return std::nullopt;
}

} // namespace

Invocation parse_settings(std::vector<std::string> const& arguments, SettingSources const& sources)
{
    auto line = read_command_line(arguments);
    if (auto const text = plain_text(line)) {
        return {std::nullopt, *text};
    }
    auto const& command = command_of(line);
    expect_known_options(command, line);
    if (command.command == Command::config) {
        return show_settings(std::move(line), sources);
    }
    SettingValues const values{std::move(line), sources};
    return {typed_settings(command.command, values)};
}

} // namespace backfill::app
