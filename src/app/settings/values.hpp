#pragma once

#include "app/settings/specs.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backfill::app {

/// Where settings come from, besides the command line.
struct SettingSources {
    std::function<std::optional<std::string>(std::string const& name)> variable; ///< the environment
    std::function<std::optional<std::string>(std::string const& path)>
        read_file; ///< "-" is standard input; nothing = unreadable
    std::function<bool(std::string const& path)> others_can_read = [](std::string const& /*path*/) {
        return false;
    }; ///< a file that holds a secret
};

/// `text` without surrounding blanks and one pair of quotes (docker's --env-file keeps them).
std::string stripped(std::string_view text);

/// The entries of a comma list, trimmed, without empty ones.
std::vector<std::string> split_list(std::string_view text);

/// The command line taken apart, not yet understood.
struct CommandLine {
    std::vector<std::string> words;                          ///< positional: the command
    std::map<std::string, std::vector<std::string>> options; ///< setting name → values; a flag's is "1"
    std::map<std::string, std::string> plain;                ///< option that is no setting, with dashes → value
};

/// Throws UsageError for unknown, abbreviated, repeated and incomplete options. The error never quotes what follows the
/// `=` of an unknown option: it could be a secret.
CommandLine read_command_line(std::vector<std::string> const& arguments);

/// A value and what set it, for messages: "--batch-size=0", "BATCH_SIZE=0".
struct SettingValue {
    std::string text;     ///< without surrounding blanks and one pair of quotes
    std::string origin;   ///< "--batch-size", "BATCH_SIZE", "BATCH_SIZE in .env"; empty for the default
    std::string variable; ///< the one that was set; empty for an option or the default
    bool exposed = false; ///< comes from a secret's file that others on the machine can read
    std::string file{};   ///< a secret's file
};

/// Looks a setting up: option, environment, env file, default.
class SettingValues {
public:
    /// Reads the env file, if one is named. Throws UsageError when it cannot be read or parsed. `sources` must outlive
    /// it.
    SettingValues(CommandLine command_line, SettingSources const& sources);

    /// Nothing when the setting is unset and has no default. Throws UsageError for a blank option.
    std::optional<SettingValue> find(std::string const& name) const;

    /// All values of a list setting: the option's, else the variable's.
    std::vector<std::string> find_list(std::string const& name) const;

    /// A secret from NAME or the file named by NAME_FILE. Throws UsageError when both are set, the file cannot be read,
    /// or it holds a control character.
    std::optional<SettingValue> find_secret(std::string const& name) const;

    SettingSources const& sources() const { return sources_; }

private:
    using Lookup = std::function<std::optional<std::string>(std::string const&)>;
    struct Source {
        Lookup variable;
        std::string suffix; ///< for messages: "", " in FILE"
    };

    std::optional<SettingValue> secret_from(Source const& source, std::string const& variable) const;

    CommandLine command_line_;
    SettingSources const& sources_;
    std::map<std::string, std::string> env_file_;
    std::vector<Source> lookups_;
};

} // namespace backfill::app
