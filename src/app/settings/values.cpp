#include "app/settings/values.hpp"

#include "app/settings/env_file.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/core/utf8.hpp"

#include <boost/program_options.hpp>

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
        throw UsageError{option + " is given " + std::to_string(values.size()) + " times; once is allowed"};
    }
    return values.front();
}

void take_once(std::optional<std::string>& value, po::option const& option)
{
    if (value) {
        throw UsageError{"--" + option.string_key + " is given twice; once is allowed"};
    }
    value = option.value.front();
}

std::string joined(std::vector<std::string> const& values)
{
    std::string text;
    for (auto const& value : values) {
        text += (text.empty() ? "" : ",") + value;
    }
    return text;
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

/// A secret itself that was put where its file's path belongs is long and has no slash: it is not printed.
std::string path_text(std::string const& path)
{
    constexpr std::size_t kLongName = 40;
    return path.size() > kLongName && path.find('/') == std::string::npos ? std::string{} : "=" + printable(path);
}

} // namespace

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
            } else if (option.string_key == "env-file") {
                take_once(line.env_file, option);
            } else if (option.string_key == "completion") {
                take_once(line.completion, option);
            } else if (option.string_key == "help") {
                line.help = true;
            } else if (option.string_key == "version") {
                line.version = true;
            } else if (option.string_key == "man") {
                line.man = true;
            } else {
                auto const& specs = setting_specs();
                auto const spec = std::find_if(
                    specs.begin(), specs.end(), [&](auto const& s) { return s.option == "--" + option.string_key; });
                auto& values = line.options[spec->variables.front()];
                auto const given = spec->kind == SettingKind::flag ? std::vector<std::string>{"1"} : option.value;
                values.insert(values.end(), given.begin(), given.end());
            }
        }
    } catch (po::error const& error) {
        throw UsageError{printable(error.what()) + "; see --help"}; // it can name the argument as it was given
    }
    return line;
}

SettingValues::SettingValues(CommandLine command_line, SettingSources const& sources)
    : command_line_{std::move(command_line)}, sources_{sources}
{
    lookups_.push_back({sources.variable, ""});
    if (command_line_.env_file) {
        auto const text = sources.read_file(*command_line_.env_file);
        if (!text) {
            throw UsageError{"--env-file=" + printable(*command_line_.env_file) + ": the file cannot be read"};
        }
        env_file_ = read_env_file(*text, *command_line_.env_file);
        lookups_.push_back({[this](std::string const& name) -> std::optional<std::string> {
                                auto const found = env_file_.find(name);
                                return found == env_file_.end() ? std::nullopt : std::optional{found->second};
                            },
            " in " + printable(*command_line_.env_file)});
    }
}

std::optional<SettingValue> SettingValues::find(std::string const& name) const
{
    auto const& spec = setting_spec(name);
    if (auto const option = command_line_.options.find(name); option != command_line_.options.end()) {
        auto const text = stripped(spec.kind == SettingKind::flag ? "1"
                : spec.kind == SettingKind::list                  ? joined(option->second)
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
        throw UsageError{variable + " and " + file_variable + source.suffix + " are both set; set one of them"};
    }
    if (!direct.empty()) {
        return SettingValue{direct, variable + source.suffix, variable};
    }
    if (path.empty()) {
        return std::nullopt;
    }
    auto const text = sources_.read_file(path);
    if (!text) {
        throw UsageError{file_variable + path_text(path) + source.suffix + ": the file cannot be read"};
    }
    auto const secret = stripped(*text);
    if (secret.empty()) {
        throw UsageError{file_variable + path_text(path) + source.suffix + ": the file is empty"};
    }
    return SettingValue{secret, file_variable + source.suffix, variable, sources_.others_can_read(path), path};
}

} // namespace backfill::app
