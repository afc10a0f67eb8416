#include "app/cli/help.hpp"

#include "backfill/core/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <sstream>

namespace backfill::app {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kColumn = 10; ///< what a name means begins there

/// The words of the text, each line of them behind so many blanks.
std::string indented(std::string const& text, std::size_t indent)
{
    std::string const blanks(indent, ' ');
    auto lines = blanks + wrapped(text, kWidth - indent);
    for (auto at = lines.find('\n'); at != std::string::npos; at = lines.find('\n', at + 1)) {
        lines.insert(at + 1, blanks);
    }
    return lines;
}

/// A name, and behind it, with a hanging indent, what it means.
std::string entry(std::string const& name, std::string const& meaning)
{
    auto text = indented(meaning, kColumn + 2);
    text.replace(2, name.size(), name);
    return text;
}

void write_setting(std::ostream& out, SettingSpec const& spec, bool with_commands)
{
    if (!spec.option.empty()) {
        out << (spec.short_option == '\0' ? "      " : std::string{"  -"} + spec.short_option + ", ") << spec.option
            << value_hint(spec) << "\n";
    }
    if (!spec.variables.empty()) {
        std::string variables;
        for (auto const& variable : spec.variables) {
            variables += (variables.empty() ? "" : ", ") + variable;
        }
        out << indented(variables + (spec.fallback.empty() ? "" : " [" + spec.fallback + "]"), kColumn) << "\n";
    }
    out << indented(spec.meaning + (with_commands ? commands_text(spec) : ""), kColumn) << "\n";
}

} // namespace

std::string exit_code_sentences(ExitCodeText const& row)
{
    return row.codes == "0" ? fmt::format("{}.", row.meaning)
                            : fmt::format("{}. What to do: {}.", row.meaning, row.advice);
}

std::string commands_text(SettingSpec const& spec)
{
    if (spec.commands.empty()) {
        return {};
    }
    std::vector<std::string> others;
    for (auto const& command : command_specs()) {
        if (command.command != Command::config && !takes(command, spec)) {
            others.push_back(command.name);
        }
    }
    bool const is_for_most = others.size() < spec.commands.size();
    std::string text;
    for (auto const& command : is_for_most ? others : spec.commands) {
        text += (text.empty() ? "" : ", ") + command;
    }
    return is_for_most ? " (not " + text + ")" : " (" + text + " only)";
}

std::string wrapped(std::string const& text, std::size_t width)
{
    std::istringstream words{text};
    std::string lines;
    std::size_t length = 0;
    for (std::string word; words >> word;) {
        bool const fits = length + 1 + word.size() <= width;
        lines += lines.empty() ? "" : fits ? " " : "\n";
        length = fits && !lines.empty() ? length + 1 + word.size() : word.size();
        lines += word;
    }
    return lines;
}

std::vector<SettingSpec> settings_of(CommandSpec const* command)
{
    std::vector<SettingSpec> settings;
    std::ranges::copy_if(setting_specs(), std::back_inserter(settings),
        [&](auto const& spec) { return command == nullptr || takes(*command, spec); });
    std::ranges::copy(plain_options(), std::back_inserter(settings));
    return settings;
}

std::string value_hint(SettingSpec const& spec)
{
    switch (spec.kind) {
    case SettingKind::flag:
    case SettingKind::secret:
        return {};
    case SettingKind::file:
        return "=FILE";
    case SettingKind::url:
        return "=URL";
    case SettingKind::choice: {
        std::string text;
        for (auto const& choice : spec.choices) {
            text += (text.empty() ? "=" : "|") + choice;
        }
        return text;
    }
    case SettingKind::value:
    case SettingKind::list:
        break;
    }
    return "=VALUE";
}

std::string help_text(CommandSpec const* command)
{
    std::ostringstream out;
    if (command != nullptr) {
        out << wrapped("freshchat-backfill " + command->name + ": " + command->meaning, kWidth) << "\n\n"
            << "Usage: freshchat-backfill " << command->name << " [options]\n\n"
            << (command->details.empty() ? "" : wrapped(command->details, kWidth) + "\n\n");
    } else {
        out << wrapped(
            "freshchat-backfill " + version() + ": fills the gaps of a Supabase Message table from Freshchat", kWidth)
            << "\n\n"
            << "Usage: freshchat-backfill COMMAND [options]\n\n"
            << "Commands (COMMAND --help says more):\n";
        for (auto const& spec : command_specs()) {
            out << entry(spec.name, spec.meaning) << "\n";
        }
        out << "\n";
    }
    out << wrapped("Settings (option, variable, default). An option wins over a variable, a variable over --env-file. "
                   "Secrets have no option: set NAME, or NAME_FILE to a file that holds it.",
        kWidth)
        << "\n";
    for (auto const& spec : settings_of(command)) {
        write_setting(out, spec, command == nullptr);
    }
    out << "\nExit codes:";
    for (auto const& row : exit_code_texts()) {
        out << "\n" << entry(row.codes, exit_code_sentences(row));
    }
    return out.str();
}

} // namespace backfill::app
