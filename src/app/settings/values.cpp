#include "app/settings/values.hpp"

#include "app/settings/env_file.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/core/utf8.hpp"

#include <boost/program_options.hpp>
#include <fmt/format.h>

#include <algorithm>
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

std::string single(std::string const& option, std::vector<std::string> const& values)
{
    if (values.size() != 1) {
        throw UsageError{fmt::format("{} is given {} times; once is allowed", option, values.size())};
    }
    return values.front();
}

po::parsed_options parse(std::vector<std::string> const& arguments, po::options_description const& known)
{
    namespace style = po::command_line_style;
    return po::command_line_parser{arguments}
        .options(known)
        .style(style::unix_style & ~style::allow_guessing)
        .allow_unregistered()
        .run();
}

/// Empty for a name that is long and has no slash: it may be the secret itself, put where its file's path belongs.
std::string path_text(std::string const& path)
{
    constexpr std::size_t kLongName = 40;
    return path.size() > kLongName && path.find('/') == std::string::npos ? std::string{} : "=" + printable(path);
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

std::vector<std::string> split_list(std::string_view text)
{
    std::vector<std::string> entries;
    while (!text.empty()) {
        auto const comma = text.find(',');
        auto const entry = trim(text.substr(0, comma));
        if (!entry.empty()) {
            entries.emplace_back(entry);
        }
        text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    }
    return entries;
}

CommandLine read_command_line(std::vector<std::string> const& arguments)
{
    CommandLine line;
    auto const known = known_options();
    try {
        for (auto const& option : parse(arguments, known).options) {
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
            auto const value = option.value.empty() ? std::vector<std::string>{"1"} : option.value; // a flag's is empty
            auto const spec = std::ranges::find(setting_specs(), name, &SettingSpec::option);
            if (spec != setting_specs().end()) {
                auto& values = line.options[spec->name()];
                values.insert(values.end(), value.begin(), value.end());
            } else if (!line.plain.emplace(name, value.front()).second && !option.value.empty()) {
                throw UsageError{name + " is given twice; once is allowed"};
            }
        }
    } catch (po::error const& error) {
        throw UsageError{printable(error.what()) + "; see --help"}; // it can quote the argument
    }
    return line;
}

SettingValues::SettingValues(CommandLine command_line, SettingSources const& sources)
    : command_line_{std::move(command_line)}, sources_{sources}
{
    lookups_.push_back({sources.variable, ""});
    if (auto const option = command_line_.plain.find("--env-file"); option != command_line_.plain.end()) {
        auto const& path = option->second;
        auto const text = sources.read_file(path);
        if (!text) {
            throw UsageError{"--env-file=" + printable(path) + ": the file cannot be read"};
        }
        env_file_ = read_env_file(*text, path);
        lookups_.push_back({[this](std::string const& name) -> std::optional<std::string> {
                                auto const found = env_file_.find(name);
                                return found == env_file_.end() ? std::nullopt : std::optional{found->second};
                            },
            " in " + printable(path)});
    }
}

std::optional<SettingValue> SettingValues::find(std::string const& name) const
{
    auto const& spec = setting_spec(name);
    if (auto const option = command_line_.options.find(name); option != command_line_.options.end()) {
        auto const text = stripped(spec.kind == SettingKind::flag ? "1"
                : spec.kind == SettingKind::list                  ? fmt::format("{}", fmt::join(option->second, ","))
                                                                  : single(spec.option, option->second));
        if (text.empty()) {
            throw UsageError{spec.option + " is blank; give a value or leave it out"};
        }
        return SettingValue{text, spec.option, {}};
    }
    for (auto const& source : lookups_) {
        for (auto const& variable : spec.variables) {
            auto const text = stripped(source.variable(variable).value_or(""));
            if (!text.empty()) {
                return SettingValue{text, variable + source.suffix, variable};
            }
        }
    }
    return spec.fallback.empty() ? std::nullopt : std::optional{SettingValue{spec.fallback, {}, {}}};
}

std::vector<std::string> SettingValues::find_list(std::string const& name) const
{
    if (auto const option = command_line_.options.find(name); option != command_line_.options.end()) {
        std::vector<std::string> values;
        for (auto const& value : option->second) {
            values.push_back(stripped(value));
            if (values.back().empty()) {
                throw UsageError{setting_spec(name).option + " is blank; give a value or leave it out"};
            }
        }
        return values;
    }
    auto const value = find(name);
    return value ? split_list(value->text) : std::vector<std::string>{};
}

std::optional<SettingValue> SettingValues::find_secret(std::string const& name) const
{
    for (auto const& source : lookups_) {
        for (auto const& variable : setting_spec(name).variables) {
            auto found = secret_from(source, variable);
            if (!found) {
                continue;
            }
            bool const has_control = std::any_of(found->text.begin(), found->text.end(), [](char c) {
                auto const byte = static_cast<unsigned char>(c);
                return byte < 0x20 || byte == 0x7F;
            });
            if (has_control) {
                throw UsageError{
                    found->origin + " holds a control character (a line break?); give the secret alone, on one line"};
            }
            return found;
        }
    }
    return std::nullopt;
}

std::optional<SettingValue> SettingValues::secret_from(Source const& source, std::string const& variable) const
{
    auto const file_variable = variable + "_FILE";
    auto const direct = stripped(source.variable(variable).value_or(""));
    auto const path = stripped(source.variable(file_variable).value_or(""));
    if (!direct.empty() && !path.empty()) {
        throw UsageError{
            fmt::format("{} and {}{} are both set; set one of them", variable, file_variable, source.suffix)};
    }
    if (!direct.empty()) {
        return SettingValue{direct, variable + source.suffix, variable};
    }
    if (path.empty()) {
        return std::nullopt;
    }
    auto const text = sources_.read_file(path);
    auto const secret = stripped(text.value_or(""));
    if (secret.empty()) {
        throw UsageError{fmt::format("{}{}{}: the file {}", file_variable, path_text(path), source.suffix,
            text ? "is empty" : "cannot be read")};
    }
    return SettingValue{secret, file_variable + source.suffix, variable, sources_.others_can_read(path), path};
}

} // namespace backfill::app
