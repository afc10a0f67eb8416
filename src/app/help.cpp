#include "app/help.hpp"

#include "backfill/core/version.hpp"

#include <algorithm>
#include <iomanip>
#include <sstream>

namespace backfill::app {
namespace {

constexpr std::size_t kWidth = 100;
constexpr int kNameColumn = 10;

/// Which commands know it, where that has to be said.
std::string commands_text(SettingSpec const& spec)
{
    std::string text;
    for (auto const& command : spec.commands) {
        text += (text.empty() ? " (" : ", ") + command;
    }
    return text.empty() ? text : text + " only)";
}

void write_setting(std::ostream& out, SettingSpec const& spec, bool with_commands)
{
    constexpr auto* kIndent = "          ";
    if (!spec.option.empty()) {
        out << (spec.short_option == '\0' ? "      " : std::string{"  -"} + spec.short_option + ", ") << spec.option
            << value_hint(spec) << "\n";
    }
    if (!spec.variables.empty()) {
        out << kIndent;
        for (auto const& variable : spec.variables) {
            out << (variable == spec.variables.front() ? "" : ", ") << variable;
        }
        out << (spec.fallback.empty() ? "" : " [" + spec.fallback + "]") << "\n";
    }
    out << kIndent << spec.meaning << (with_commands ? commands_text(spec) : "") << "\n";
}

} // namespace

std::vector<ExitCodeSpec> const& exit_code_specs()
{
    static std::vector<ExitCodeSpec> const specs{
        {"0", "everything asked for is stored (dry-run: was looked at; verify: both sides are equal)"},
        {"1",
            "fatal: the run could not go on (refused key or token, missing table, a side unreachable after all "
            "retries)"},
        {"2", "wrong settings or command line: nothing was sent"},
        {"3", "finished, but some conversations or messages failed, or verify found a difference: run it again"},
        {"10", "stopped at MAX_DURATION, what was fetched is stored: run it again"},
        {"130, 143", "stopped by SIGINT, SIGTERM, what was fetched is stored: run it again"},
    };
    return specs;
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
        out << "freshchat-backfill " << command->name << ": " << command->meaning << "\n\n"
            << "Usage: freshchat-backfill " << command->name << " [options]\n\n"
            << (command->details.empty() ? "" : wrapped(command->details, kWidth) + "\n\n");
    } else {
        out << "freshchat-backfill " << version() << ": fills the gaps of a Supabase Message table from Freshchat\n\n"
            << "Usage: freshchat-backfill COMMAND [options]\n\n"
            << "Commands (COMMAND --help says more):\n";
        for (auto const& spec : command_specs()) {
            out << "  " << std::left << std::setw(kNameColumn) << spec.name << spec.meaning << "\n";
        }
        out << "\n";
    }
    out << "Settings (option, variable, default). An option wins over a variable, a variable over --env-file.\n"
        << "Secrets have no option: set NAME, or NAME_FILE to a file that holds it.\n";
    for (auto const& spec : settings_of(command)) {
        write_setting(out, spec, command == nullptr);
    }
    out << "\nExit codes:";
    for (auto const& row : exit_code_specs()) {
        out << "\n  " << std::left << std::setw(kNameColumn) << row.codes << row.meaning;
    }
    return out.str();
}

} // namespace backfill::app
