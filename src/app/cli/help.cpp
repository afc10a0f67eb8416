#include "app/cli/help.hpp"

#include "backfill/core/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <sstream>

namespace backfill::app {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kColumn = 10; ///< where meanings begin

/// The text wrapped, each line behind `indent` blanks.
std::string indented(std::string const& text, std::size_t indent)
{
    std::string const blanks(indent, ' ');
    auto lines = blanks + wrapped(text, kWidth - indent);
    for (auto at = lines.find('\n'); at != std::string::npos; at = lines.find('\n', at + 1)) {
        lines.insert(at + 1, blanks);
    }
    return lines;
}

/// A name, then its meaning with a hanging indent.
std::string entry(std::string const& name, std::string const& meaning)
{
    auto text = indented(meaning, kColumn + 2);
    text.replace(2, name.size(), name);
    return text;
}

void write_setting(std::ostream& out, SettingSpec const& spec, std::string const& meaning)
{
    if (!spec.option.empty()) {
        out << (spec.short_option == '\0' ? "      " : fmt::format("  -{}, ", spec.short_option)) << spec.option
            << value_hint(spec) << "\n";
    }
    if (!spec.variables.empty()) {
        auto const fallback = spec.fallback.empty() ? "" : fmt::format(" [{}]", spec.fallback);
        out << indented(fmt::format("{}{}", fmt::join(spec.variables, ", "), fallback), kColumn) << "\n";
    }
    out << indented(meaning, kColumn) << "\n";
}

/// " (verify only)", " (not status)"; empty when all commands take the setting.
std::string commands_text(SettingSpec const& spec)
{
    std::vector<std::string> takers;
    std::vector<std::string> others;
    for (auto const& command : command_specs()) {
        if (command.command != Command::config) {
            (takes(command, spec) ? takers : others).push_back(command.name);
        }
    }
    return others.empty()               ? ""
        : others.size() < takers.size() ? fmt::format(" (not {})", fmt::join(others, ", "))
                                        : fmt::format(" ({} only)", fmt::join(takers, ", "));
}

/// In plain text.
std::string meaning_and_need(SettingSpec const& spec)
{
    auto text = meaning_text(spec);
    std::erase(text, '`');
    auto const* const need = spec.need == Need::required ? " (required)"
        : spec.need == Need::one_key                     ? " (one key is required)"
                                                         : "";
    return text + need;
}

} // namespace

std::string exit_code_sentences(ExitCodeText const& row)
{
    return row.codes == "0" ? fmt::format("{}.", row.meaning)
                            : fmt::format("{}. What to do: {}.", row.meaning, row.advice);
}

std::string meaning_text(SettingSpec const& spec)
{
    auto text = spec.meaning;
    if (auto const range = range_text(spec); !range.empty()) {
        text.insert(std::min(text.find(';'), text.size()), ", " + range);
    }
    return text;
}

std::string description(SettingSpec const& spec)
{
    return meaning_and_need(spec) + commands_text(spec);
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
    using enum SettingKind;
    return spec.kind == flag || spec.kind == secret ? ""
        : spec.kind == file                         ? "=FILE"
        : spec.kind == url                          ? "=URL"
        : spec.kind == choice                       ? fmt::format("={}", fmt::join(words_of(spec.choices), "|"))
                                                    : "=VALUE";
}

std::string help_text(CommandSpec const* command)
{
    std::ostringstream out;
    if (command != nullptr) {
        out << wrapped("freshchat-backfill " + command->name + ": " + command->meaning, kWidth) << "\n\n"
            << "Usage: freshchat-backfill " << command->name << " [options]\n\n"
            << wrapped(command->details, kWidth) << "\n\n";
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
        write_setting(out, spec, command == nullptr ? description(spec) : meaning_and_need(spec));
    }
    out << "\nExit codes:";
    for (auto const& row : exit_code_texts()) {
        out << "\n" << entry(row.codes, exit_code_sentences(row));
    }
    return out.str();
}

} // namespace backfill::app
