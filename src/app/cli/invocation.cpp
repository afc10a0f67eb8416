#include "app/cli/invocation.hpp"

#include "app/cli/completions.hpp"
#include "app/cli/help.hpp"
#include "app/settings/keys.hpp"
#include "app/settings/readers.hpp"
#include "app/settings/suggestions.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/core/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace backfill::app {
namespace {

std::string shown_word(std::string const& word)
{
    return may_be_secret(word) ? "(not shown: it may be a secret)" : printable(word);
}

/// Throws UsageError when the words are not exactly one command.
CommandSpec const& command_of(CommandLine const& line)
{
    auto names = fmt::format("{}", fmt::join(command_names(), ", "));
    names.replace(names.rfind(", "), 2, " or ");
    if (line.words.empty()) {
        throw UsageError{fmt::format("no command; expected {}, see --help", names)};
    }
    auto const word = shown_word(line.words[0]);
    if (line.words.size() > 1) {
        throw UsageError{
            fmt::format("stray argument {} after the command {}; see --help", shown_word(line.words[1]), word)};
    }
    auto const* const command = find_command(line.words[0]);
    if (command == nullptr) {
        auto const near = nearest(line.words[0], command_names());
        throw UsageError{near.empty() ? fmt::format("unknown command {}; expected {}, see --help", word, names)
                                      : fmt::format("unknown command {}{}", word, near)};
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

/// A line of what `config` shows.
struct Row {
    std::string name;
    std::string value;
    std::string origin;
};

/// Shows whether a key was cut off when pasted, and nothing of the key.
std::string masked(std::size_t length)
{
    constexpr std::size_t kShort = 40;
    constexpr std::size_t kLong = 200;
    return length < kShort ? "set (less than 40 characters)"
        : length < kLong   ? "set (40 to 199 characters)"
                           : "set (200 characters or more)";
}

/// Throws UsageError for an invalid URL: it could carry a password, so it must not be shown.
std::string shown(SettingSpec const& spec, SettingValue const& value)
{
    constexpr std::size_t kLongest = 2000;
    try {
        if (spec.kind == SettingKind::url) {
            http::parse_endpoint(value.text);
        }
    } catch (std::invalid_argument const& error) {
        throw UsageError{value.origin + ": " + error.what()};
    }
    return printable(value.text, kLongest);
}

/// `checked`: the typed settings; null when one of them is wrong.
Row row_of(SettingSpec const& spec, SettingValues const& values, Settings const* checked)
{
    auto const& name = spec.name();
    auto const value = values.find(name);
    if (!value) {
        bool const has_substitute = spec.need == Need::one_key && values.find("SUPABASE_ANON_KEY");
        return {name, "-", spec.need == Need::optional || has_substitute ? "unset" : "unset (required)"};
    }
    auto const others = value->others.empty() ? "" : fmt::format(" (not used: {})", fmt::join(value->others, ", "));
    if (is_secret(spec.kind)) {
        auto const file = value->file.empty() ? "" : ": " + printable(value->file);
        return {name, masked(value->text.size()), value->origin + file + others};
    }
    if (name == "CONCURRENCY" && value->origin.empty() && checked != nullptr && checked->pace == Pace::adaptive) {
        return {name, std::to_string(checked->concurrency), "default of PACE=adaptive"};
    }
    return {name, shown(spec, *value), value->origin.empty() ? "default" : value->origin + others};
}

std::string table_of(std::vector<Row> const& rows)
{
    constexpr std::size_t kWidestValue = 60; // a longer one shifts only its own origin
    std::size_t name_width = 0;
    std::size_t value_width = 0;
    for (auto const& row : rows) {
        name_width = std::max(name_width, row.name.size());
        value_width = std::max(value_width, row.value.size() > kWidestValue ? 0 : row.value.size());
    }
    std::string table;
    for (auto const& row : rows) {
        table += fmt::format(
            "{}{:{}}  {:{}}  {}", table.empty() ? "" : "\n", row.name, name_width, row.value, value_width, row.origin);
    }
    return table;
}

/// Reads the settings as every command would, shows each with its value and origin, and sends nothing.
Invocation show_settings(CommandLine line, SettingSources const& sources)
{
    auto const once = reading_once(sources);
    SettingValues const values{std::move(line), once};
    std::optional<Settings> checked;
    std::vector<std::string> all_refusals;
    try {
        for (auto const& spec : command_specs()) {
            auto settings = typed_settings(spec.command, values);
            if (!checked) {
                checked = std::move(settings);
            }
        }
    } catch (UsageError const& error) {
        all_refusals = split_list(error.what(), '\n');
    }
    std::vector<Row> rows{{"SETTING", "VALUE", "ORIGIN"}};
    auto refusals = all_refusals;
    for (auto const& spec : setting_specs()) {
        try {
            rows.push_back(row_of(spec, values, all_refusals.empty() ? &*checked : nullptr));
        } catch (UsageError const& error) {
            rows.push_back({spec.name(), "-", "refused, see below"});
            std::string const refusal = error.what();
            auto const about = refusal.substr(0, refusal.find(": ")); // what set it: a command may say more of that
            if (std::ranges::none_of(all_refusals, [&](auto const& told) { return told.starts_with(about); })) {
                refusals.push_back(refusal);
            }
        }
    }
    auto notes = checked ? checked->warnings : std::vector<std::string>{};
    if (auto const warning = checked ? warning_of_public_name(values) : ""; !warning.empty()) {
        notes.push_back(warning);
    }
    return {std::nullopt, table_of(rows), notes, refusals};
}

/// `help`, `help COMMAND`. Throws UsageError for what is no command.
std::string help_asked_for(std::vector<std::string> const& words)
{
    auto const* const command = words.size() > 1 ? find_command(words[1]) : nullptr;
    if (words.size() > 2 || (words.size() == 2 && command == nullptr)) {
        throw UsageError{fmt::format(
            "help takes one command; {} is none{}", shown_word(words.back()), nearest(words.back(), command_names()))};
    }
    return help_text(command);
}

/// A warning of what no run can mend would come with each night's mail: the run that began the state file has said it.
bool was_told(Settings const& settings)
{
    std::error_code unknown;
    return settings.command == Command::run && std::filesystem::is_regular_file(settings.state_file, unknown);
}

/// A text that needs no setting; nothing when the line asks for a command.
std::optional<std::string> plain_text(CommandLine const& line)
{
    if (!line.words.empty() && line.words.front() == "help") {
        return help_asked_for(line.words);
    }
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
        auto const& shell = chosen(shells(), {completion->second, completion->first, {}});
        return completion_script(std::get<Shell>(shell.value));
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
    auto settings = typed_settings(command.command, values);
    if (auto const warning = warning_of_public_name(values); !warning.empty() && !was_told(settings)) {
        settings.warnings.push_back(warning);
    }
    return {std::move(settings)};
}

} // namespace backfill::app
