#include "app/settings/values.hpp"

#include "app/settings/suggestions.hpp"

#include "backfill/core/ascii.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/core/file.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/core/utf8.hpp"

#include <boost/program_options.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <system_error>
#include <utility>

namespace backfill::app {
namespace {

namespace po = boost::program_options;

po::options_description known_options()
{
    po::options_description options;
    auto add = options.add_options();
    for (auto const* const specs : {&setting_specs(), &plain_options()}) {
        for (auto const& spec : *specs) {
            if (spec.option.empty()) {
                continue;
            }
            auto const name =
                spec.option.substr(2) + (spec.short_option == '\0' ? "" : std::string{","} + spec.short_option);
            if (spec.kind == SettingKind::flag) {
                add(name.c_str(), "");
            } else {
                add(name.c_str(), po::value<std::vector<std::string>>(), "");
            }
        }
    }
    return options;
}

/// Throws UsageError for a blank value, and for several where one is allowed.
SettingValue from_option(SettingSpec const& spec, std::vector<std::string> const& given)
{
    if (given.size() > 1 && spec.kind != SettingKind::list) {
        throw UsageError{fmt::format("{} is given {} times; once is allowed", spec.option, given.size())};
    }
    SettingValue value{{}, spec.option, {}};
    std::ranges::transform(given, std::back_inserter(value.entries), stripped);
    if (std::ranges::find(value.entries, "") != value.entries.end()) {
        throw UsageError{spec.option + " is blank; give a value or leave it out"};
    }
    value.text = fmt::format("{}", fmt::join(value.entries, ","));
    return value;
}

} // namespace

std::string stripped(std::string_view text)
{
    text = trim(text);
    if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front()) {
        text = trim(text.substr(1, text.size() - 2));
    }
    return std::string{text};
}

std::vector<std::string_view> split(std::string_view text, char separator)
{
    std::vector<std::string_view> parts;
    for (std::size_t begin = 0, end = 0; end != std::string_view::npos; begin = end + 1) {
        end = text.find(separator, begin);
        parts.push_back(trim(text.substr(begin, end - begin)));
    }
    return parts;
}

std::vector<std::string> split_list(std::string_view text, char separator)
{
    auto const parts = split(text, separator);
    std::vector<std::string> entries{parts.begin(), parts.end()};
    std::erase(entries, "");
    return entries;
}

std::string docker_hint(std::string_view text)
{
    return text.find("${") != text.npos ? " (docker's --env-file expands no ${NAME})"
        : text.find(" #") != text.npos
        ? " (is what follows # a comment? docker's --env-file makes it part of the value)"
        : "";
}

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

CommandLine read_command_line(std::vector<std::string> const& arguments)
{
    namespace style = po::command_line_style;
    constexpr int kStyle = style::unix_style & ~style::allow_guessing;
    CommandLine line;
    try {
        auto const known = known_options();
        auto const parsed = po::command_line_parser{arguments}.options(known).style(kStyle).allow_unregistered().run();
        for (auto const& option : parsed.options) {
            if (option.unregistered) {
                auto const& word = option.original_tokens.front();
                if (!word.starts_with('-')) {
                    line.words.push_back(word);
                    continue;
                }
                auto const name = word.starts_with("--") ? word.substr(0, word.find('=')) : word.substr(0, 2);
                throw UsageError{"unknown option " + printable(name) + about_unknown_option(name)};
            }
            if (option.position_key >= 0) {
                line.words.insert(line.words.end(), option.value.begin(), option.value.end());
                continue;
            }
            auto const name = "--" + option.string_key;
            bool const is_flag = option.value.empty();
            auto const value = is_flag ? "1" : option.value.front();
            auto const spec = std::ranges::find(setting_specs(), name, &SettingSpec::option);
            if (name == "--env-file") {
                line.env_files.push_back(value);
            } else if (spec == setting_specs().end()) {
                if (!line.plain.emplace(name, value).second && !is_flag) {
                    throw UsageError{name + " is given twice; once is allowed"};
                }
            } else if (auto& values = line.options[spec->name()]; values.empty() || !is_flag) {
                values.push_back(value);
            }
        }
    } catch (po::error const& error) {
        throw UsageError{printable(error.what()) + "; see --help"}; // it can quote the argument
    }
    return line;
}

SettingValues::SettingValues(CommandLine command_line, SettingSources const& sources)
    : command_line_{std::move(command_line)}, sources_{sources}, files_{sources.variable}
{
    for (auto const& path : command_line_.env_files) {
        auto const text = sources.read_file(path);
        if (!text) {
            std::error_code unknown;
            bool const is_there = std::filesystem::exists(path, unknown) || unknown;
            throw UsageError{fmt::format("--env-file={}: the file {}", printable(path),
                is_there
                    ? "cannot be read: " + why_unreadable(path)
                    : "does not exist; in a container, the program sees only what is mounted; README's quick start "
                      "shows --env-file /dev/stdin")};
        }
        files_.add(*text, path);
    }
}

std::optional<SettingValue> SettingValues::find(std::string const& name) const
{
    auto const& spec = setting_spec(name);
    if (auto const option = command_line_.options.find(name); option != command_line_.options.end()) {
        return from_option(spec, option->second);
    }
    for (std::size_t place = 0; place < places(); ++place) {
        for (auto const& variable : spec.variables) {
            bool const hidden = is_secret(spec.kind);
            if (auto found = hidden ? find_secret(place, spec, variable) : find_in(place, variable)) {
                found->others = hidden ? secrets_beside(spec, variable) : rivals_of(*found, place, spec);
                return found;
            }
        }
    }
    return spec.fallback.empty() ? std::nullopt : std::optional{SettingValue{spec.fallback, {}, {}}};
}

bool SettingValues::is_set(SettingSpec const& spec) const
{
    auto const names = names_of(spec);
    return command_line_.options.contains(spec.name())
        || std::ranges::any_of(variables(),
            [&names](auto const& variable) { return std::ranges::find(names, variable.name) != names.end(); });
}

std::vector<SettingValues::Variable> SettingValues::variables() const
{
    std::vector<Variable> all;
    for (auto const& name : sources_.variables()) {
        if (find_in(0, name)) {
            all.push_back({name, printable(name)});
        }
    }
    for (std::size_t file = 0; file < files_.count(); ++file) {
        auto const [names, path] = files_.names_in(file);
        for (auto const& name : names) {
            all.push_back({name, name + " in " + printable(path)});
        }
    }
    return all;
}

std::vector<std::string> SettingValues::rivals_of(
    SettingValue const& found, std::size_t place, SettingSpec const& spec) const
{
    auto const meant = [](std::string text) {
        text.erase(text.find_last_not_of('/') + 1); // of no meaning in a URL
        return text;
    };
    std::vector<std::string> rivals;
    std::ranges::copy_if(spec.variables, std::back_inserter(rivals), [&](auto const& variable) {
        auto const other = find_in(place, variable);
        return other && meant(other->text) != meant(found.text);
    });
    return rivals;
}

std::optional<SettingValue> SettingValues::find_in(std::size_t place, std::string const& name) const
{
    EnvFiles::Found found;
    if (place == 0) {
        found.text = sources_.variable(name).value_or("");
    } else {
        found = files_.find_in(place - 1, name).value_or(found);
    }
    auto const text = stripped(found.text);
    if (text.empty()) {
        return std::nullopt;
    }
    auto const where = found.path.empty() ? "" : " in " + printable(found.path);
    return SettingValue{text, name + where, name, split_list(text)};
}

} // namespace backfill::app
