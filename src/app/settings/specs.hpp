#pragma once

#include <string>
#include <vector>

namespace backfill::app {

enum class SettingKind {
    value,
    choice, ///< one of `choices`
    file,   ///< a path
    url,    ///< could carry a password, so a wrong one is never printed
    list,   ///< the option may be repeated
    flag,   ///< the option takes no value
    secret, ///< no option; `NAME_FILE` names a file that holds it
};
enum class Need { optional, required };

/// One row of the settings table: the command line, the environment, the help, the manual, the completions and README
/// all follow it.
struct SettingSpec {
    std::vector<std::string> variables; ///< the first one that is set wins; the first is the setting's name
    std::string option;                 ///< with dashes; empty = none
    char short_option;                  ///< '\0' = none
    SettingKind kind;
    std::string fallback; ///< the default as text; empty = unset
    std::string meaning;
    std::vector<std::string> commands{}; ///< that know it; empty = all
    std::vector<std::string> choices{};  ///< of a SettingKind::choice, in lower case
    Need need = Need::optional;
};

std::vector<SettingSpec> const& setting_specs();

/// The row whose first variable is `name`.
SettingSpec const& setting_spec(std::string const& name);

/// Options that are no settings: they have no variable.
std::vector<SettingSpec> const& plain_options();

} // namespace backfill::app
