#include "app/settings/values.hpp"

#include "app/settings/env_file.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/core/utf8.hpp"

#include <boost/program_options.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
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

/// Empty for a name that is long and has no slash: it may be the secret itself, put where its file's path belongs.
std::string path_text(std::string const& path)
{
    constexpr std::size_t kLongName = 40;
    return path.size() > kLongName && path.find('/') == std::string::npos ? std::string{} : "=" + printable(path);
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
                throw UsageError{"unknown option " + printable(name) + "; see --help"};
            }
            if (option.position_key >= 0) {
                line.words.insert(line.words.end(), option.value.begin(), option.value.end());
                continue;
            }
            auto const name = "--" + option.string_key;
            bool const is_flag = option.value.empty();
            auto const value = is_flag ? "1" : option.value.front();
            auto const spec = std::ranges::find(setting_specs(), name, &SettingSpec::option);
            if (spec == setting_specs().end()) {
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
    : command_line_{std::move(command_line)}, sources_{sources}, places_{{sources.variable, ""}}
{
    if (auto const option = command_line_.plain.find("--env-file"); option != command_line_.plain.end()) {
        auto const& path = option->second;
        auto const text = sources.read_file(path);
        if (!text) {
            throw UsageError{"--env-file=" + printable(path) + ": the file cannot be read"};
        }
        auto const find = [variables = read_env_file(*text, path)](std::string const& name) {
            auto const found = variables.find(name);
            return found == variables.end() ? std::nullopt : std::optional{found->second};
        };
        places_.push_back({find, " in " + printable(path)});
    }
}

std::optional<SettingValue> SettingValues::find(std::string const& name) const
{
    auto const& spec = setting_spec(name);
    if (auto const option = command_line_.options.find(name); option != command_line_.options.end()) {
        return from_option(spec, option->second);
    }
    for (auto const& place : places_) {
        for (auto const& variable : spec.variables) {
            if (auto found = spec.kind == SettingKind::secret ? find_secret(place, variable) : place.find(variable)) {
                return found;
            }
        }
    }
    return spec.fallback.empty() ? std::nullopt : std::optional{SettingValue{spec.fallback, {}, {}}};
}

std::optional<SettingValue> SettingValues::Place::find(std::string const& name) const
{
    auto const text = stripped(variable(name).value_or(""));
    return text.empty() ? std::nullopt : std::optional{SettingValue{text, name + suffix, name, split_list(text)}};
}

std::optional<SettingValue> SettingValues::find_secret(Place const& place, std::string const& variable) const
{
    auto secret = place.find(variable);
    if (auto const path = place.find(variable + "_FILE")) {
        if (secret) {
            throw UsageError{fmt::format("{} and {} are both set; set one of them", variable, path->origin)};
        }
        auto const text = sources_.read_file(path->text);
        secret = SettingValue{
            stripped(text.value_or("")), path->origin, variable, {}, path->text, sources_.others_can_read(path->text)};
        if (secret->text.empty()) {
            throw UsageError{fmt::format("{}{}{}: the file {}", path->variable, path_text(path->text), place.suffix,
                text ? "is empty" : "cannot be read")};
        }
    }
    auto const is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7F'; };
    if (secret && std::ranges::any_of(secret->text, is_control)) {
        throw UsageError{
            secret->origin + " holds a control character (a line break?); give the secret alone, on one line"};
    }
    return secret;
}

} // namespace backfill::app
