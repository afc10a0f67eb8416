#pragma once

#include "app/settings/env_file.hpp"
#include "app/settings/specs.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backfill::app {

/// Where settings come from, besides the command line.
struct SettingSources {
    LookUp variable;  ///< by name, in the environment
    LookUp read_file; ///< by path; "-" is standard input, nothing = unreadable
    std::function<std::vector<std::string>()> variables = [] { return std::vector<std::string>{}; }; ///< all names
    std::function<bool(std::string const&)> others_can_read = [](auto const&) { return false; }; ///< a secret's file
};

/// The same sources, each file read only once, standard input too.
SettingSources reading_once(SettingSources sources);

/// `text` without surrounding blanks and one pair of quotes (docker's --env-file keeps them).
std::string stripped(std::string_view text);

/// What stands between the separators, trimmed.
std::vector<std::string_view> split(std::string_view text, char separator);

/// What to say beside a value that is refused and has a comment or `${NAME}` in it, which docker leaves; "" for others.
std::string docker_hint(std::string_view text);

/// Whether a text that stands where none is expected could be a token, a key or a URL, and must not be shown: a URL has
/// slashes, too, so only a path that begins as one passes for such. In values_secrets.cpp.
bool may_be_secret(std::string_view text);

/// The entries of a list, trimmed, without empty ones.
std::vector<std::string> split_list(std::string_view text, char separator = ',');

/// The command line taken apart, not yet understood.
struct CommandLine {
    std::vector<std::string> words;                          ///< positional: the command
    std::map<std::string, std::vector<std::string>> options; ///< setting name → values; a flag's is "1"
    std::map<std::string, std::string> plain;                ///< option that is no setting, with dashes → value
    std::vector<std::string> env_files;                      ///< in their order
};

/// Throws UsageError for unknown, abbreviated, repeated and incomplete options. The error never quotes what follows the
/// `=` of an unknown option: it could be a secret.
CommandLine read_command_line(std::vector<std::string> const& arguments);

/// A value and what set it, for messages: "--batch-size=0", "BATCH_SIZE=0".
struct SettingValue {
    std::string text;                   ///< without surrounding blanks and one pair of quotes
    std::string origin;                 ///< "--batch-size", "BATCH_SIZE", "BATCH_SIZE in .env"; empty for the default
    std::string variable;               ///< the one that was set; empty for an option or the default
    std::vector<std::string> entries{}; ///< of a list
    std::string file{};                 ///< a secret's file
    std::vector<std::string> others{};  ///< further names that are set, and not used; but for secrets: in the same
                                        ///< place and to something else
    bool exposed = false;               ///< others on the machine can read that file
};

/// Looks a setting up: option, environment, env files, default.
class SettingValues {
public:
    /// Reads the env files that are named. Throws UsageError when it cannot be read or parsed. `sources` must outlive
    /// it.
    SettingValues(CommandLine command_line, SettingSources const& sources);

    /// Nothing when the setting is unset and has no default. A secret comes from NAME or the file that NAME_FILE names.
    /// Throws UsageError for a blank option, for a secret that is set twice, cannot be read, or holds a letter that
    /// tokens have not, and as EnvFiles.
    std::optional<SettingValue> find(std::string const& name) const;

    /// A secret under each name of it, the strongest place first. Leaves out what cannot be read.
    std::vector<SettingValue> all_of(SettingSpec const& spec) const;

    /// Whether anything but the default sets it.
    bool is_set(SettingSpec const& spec) const;

    /// Of every variable that is not blank, a setting's or not.
    struct Variable {
        std::string name;
        std::string origin; ///< as SettingValue::origin
    };
    std::vector<Variable> variables() const;

    SettingSources const& sources() const { return sources_; }
    std::vector<std::string> const& env_files() const { return command_line_.env_files; }

private:
    /// Of variables, the strongest first: the environment, then the env files, the last one first.
    std::size_t places() const { return 1 + files_.count(); }

    std::optional<SettingValue> find_in(std::size_t place, std::string const& name) const;
    std::vector<std::string> rivals_of(SettingValue const& found, std::size_t place, SettingSpec const& spec) const;

    // In values_secrets.cpp.
    std::optional<SettingValue> find_secret(
        std::size_t place, SettingSpec const& spec, std::string const& variable) const;
    std::vector<std::string> secrets_beside(SettingSpec const& spec, std::string const& taken) const;

    CommandLine command_line_;
    SettingSources const& sources_;
    EnvFiles files_;
};

} // namespace backfill::app
