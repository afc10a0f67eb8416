#include "app/cli/invocation.hpp"

#include "app/cli/completions.hpp"
#include "app/cli/config_text.hpp"
#include "app/cli/help.hpp"
#include "app/cli/man_page.hpp"
#include "app/settings/command_settings.hpp"
#include "app/settings/commands.hpp"
#include "app/settings/readers.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/core/version.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

namespace backfill::app {
namespace {

/// Each file is read once, standard input too, however often it is looked at.
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

/// What every command would make of the settings, without doing anything.
Invocation show_settings(CommandLine line, SettingSources const& sources)
{
    auto const once = reading_once(sources);
    SettingValues const values{std::move(line), once};
    std::optional<Settings> checked;
    std::optional<std::string> refusal;
    try {
        for (auto const& spec : command_specs()) {
            auto settings = typed_settings(spec.command, values, once);
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

/// A text that needs no setting; nothing when a command is to be carried out.
std::optional<std::string> plain_text(CommandLine const& line)
{
    if (line.help) {
        return help_text(line.words.size() == 1 ? find_command(line.words.front()) : nullptr);
    }
    if (line.version) {
        return "freshchat-backfill " + version();
    }
    if (line.man) {
        return man_page();
    }
    if (line.completion) {
        auto const& shells = plain_options().back().choices;
        if (std::ranges::find(shells, *line.completion) == shells.end()) {
            throw UsageError{"--completion=" + printable(*line.completion, 60) + ": must be " + one_of(shells)};
        }
        return completion_script(*line.completion);
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
    auto const command = command_of(line);
    expect_known_options(line);
    if (command == Command::config) {
        return show_settings(std::move(line), sources);
    }
    SettingValues const values{std::move(line), sources};
    return {typed_settings(command, values, sources)};
}

} // namespace backfill::app
