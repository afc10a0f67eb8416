#include "app/cli/help.hpp"

#include "backfill/core/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <sstream>
#include <utility>

namespace backfill::app {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kColumn = 10; ///< where meanings begin

/// The text wrapped, each line behind `indent` blanks.
std::string indented(std::string const& text, std::size_t indent)
{
    std::string const blanks(indent, ' ');
    return blanks + wrapped(text, kWidth - indent, "\n" + blanks);
}

/// A name, then its meaning with a hanging indent.
std::string entry(std::string const& name, std::string const& meaning)
{
    auto text = indented(meaning, std::max<std::size_t>(kColumn + 2, name.size() + 3));
    text.replace(2, name.size(), name);
    return text;
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

void write_setting(std::ostream& out, SettingSpec const& spec)
{
    auto const option = spec.option.empty()
        ? ""
        : (spec.short_option == '\0' ? "" : fmt::format("-{}, ", spec.short_option)) + spec.option + value_hint(spec);
    auto const variables = fmt::format(
        "{}{}", fmt::join(spec.variables, ", "), spec.fallback.empty() ? "" : fmt::format(" [{}]", spec.fallback));
    auto const both = option + (option.empty() || spec.variables.empty() ? "" : "  ") + variables;
    auto const parted =
        (option.empty() ? "" : indented(option, 2) + "\n") + indented(variables, option.empty() ? 2 : 4);
    out << (both.size() + 2 <= kWidth ? "  " + both : parted) << "\n"
        << indented(meaning_and_need(spec), kColumn) << "\n";
}

void write_settings(std::ostream& out, CommandSpec const& command)
{
    for (auto const& [title, names] : setting_groups()) {
        bool first = true;
        for (auto const& name : names) {
            auto spec = setting_spec(name);
            if (takes(command, spec)) {
                spec.need = command.command == Command::schema ? Need::optional : spec.need;
                out << (std::exchange(first, false) ? "\n" + title + "\n" : "");
                write_setting(out, spec);
            }
        }
    }
    out << "\nOther\n";
    for (auto const& spec : plain_options()) {
        write_setting(out, spec);
    }
}

/// " (verify only)", " (not status)"; empty when all commands take the setting.
std::string commands_text(SettingSpec const& spec)
{
    auto const names = [&spec](bool takers) {
        return command_names(
            [&](auto const& one) { return one.command != Command::config && takes(one, spec) == takers; });
    };
    auto const takers = names(true);
    auto const others = names(false);
    return others.empty()               ? ""
        : others.size() < takers.size() ? fmt::format(" (not {})", fmt::join(others, ", "))
                                        : fmt::format(" ({} only)", fmt::join(takers, ", "));
}

/// On one screen.
std::string program_help()
{
    std::ostringstream out;
    out << "freshchat-backfill " << version() << ": fills the gaps of a Supabase Message table from\nFreshchat\n\n"
        << "Usage: freshchat-backfill COMMAND [options]\n\nCommands\n";
    for (auto const& spec : command_specs()) {
        out << entry(spec.name, spec.meaning) << "\n";
    }
    out << entry("help", "this text; help COMMAND, or COMMAND --help: what it does, all its settings") << "\n\n"
        << "Required settings: variables, or lines of an --env-file\n";
    for (auto const& spec : setting_specs()) {
        if (spec.need != Need::optional) {
            auto meaning = spec.meaning.substr(0, spec.meaning.find(';'));
            std::erase(meaning, '`');
            out << fmt::format("  {:21}", spec.name()) << meaning << "\n";
        }
    }
    out << R"(
Examples
  freshchat-backfill doctor --env-file .env.local          is all set up?
  freshchat-backfill run --env-file .env.local --limit 5   the five oldest
  freshchat-backfill verify --env-file .env.local          is everything there?

Exit codes
)";
    std::string codes;
    for (auto const& row : exit_code_texts()) {
        codes += fmt::format(
            "{}  {:15}{}", codes.empty() ? "" : "\n", row.codes, row.outcome.empty() ? row.meaning : row.outcome);
    }
    return out.str() + codes;
}

} // namespace

std::string exit_code_sentences(ExitCodeText const& row)
{
    return row.codes == "0" ? fmt::format("{}.", row.meaning)
                            : fmt::format("{}. What to do: {}.", row.meaning, row.advice);
}

std::string value_hint(SettingSpec const& spec)
{
    using enum SettingKind;
    return spec.kind == flag || is_secret(spec.kind) ? ""
        : spec.kind == file                          ? "=FILE"
        : spec.kind == url                           ? "=URL"
        : spec.kind == choice                        ? fmt::format("={}", fmt::join(words_of(spec.choices), "|"))
                                                     : "=VALUE";
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

std::string wrapped(std::string const& text, std::size_t width, std::string const& line_end)
{
    std::istringstream words{text};
    std::string lines;
    std::size_t length = 0;
    for (std::string word; words >> word;) {
        bool const fits = length + 1 + word.size() <= width;
        lines += lines.empty() ? "" : fits ? " " : line_end;
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

std::string help_text(CommandSpec const* command)
{
    if (command == nullptr) {
        return program_help();
    }
    std::ostringstream out;
    out << wrapped("freshchat-backfill " + command->name + ": " + command->meaning, kWidth) << "\n\n"
        << "Usage: freshchat-backfill " << command->name << " [options]\n\n"
        << wrapped(command->details, kWidth) << "\n\n"
        << wrapped("Settings (option, variable, [default]). An option wins over a variable, a variable over an "
                   "--env-file. Secrets have no option: set NAME, or NAME_FILE to a file that holds it.",
               kWidth)
        << "\n";
    write_settings(out, *command);
    out << "\nExit codes";
    for (auto const& row : exit_code_texts()) {
        out << "\n" << entry(row.codes, exit_code_sentences(row));
    }
    return out.str();
}

} // namespace backfill::app
