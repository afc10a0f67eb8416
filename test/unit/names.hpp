#pragma once
// What the tests of names and documents share: names in a text, and the program's own.

#include "app/settings/specs.hpp"

#include <algorithm>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace backfill::test {

using Names = std::set<std::string>;

/// What the pattern's first group matches, each once.
inline Names found(std::string const& text, std::string const& pattern)
{
    std::regex const compiled{pattern};
    Names names;
    for (std::sregex_iterator at{text.begin(), text.end(), compiled}; at != std::sregex_iterator{}; ++at) {
        names.insert(at->str(1));
    }
    return names;
}

inline constexpr auto* kOption = "(?:^|[^-a-z0-9])(--[a-z][a-z0-9-]*[a-z0-9])";
inline constexpr auto* kVariable = "(?:^|[^A-Za-z0-9_])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?![a-z])"; // with a _ in it

// One word in capitals, set as code or given a value: `PACE`, `MODE=full`, PACE: adaptive.
inline constexpr auto* kWord = "(?:`|[\\s\"](?=[A-Z]+[=:]))([A-Z]{4,})(?=[`=:])";

inline Names without(Names names, Names const& others)
{
    for (auto const& other : others) {
        names.erase(other);
    }
    return names;
}

inline Names options_of(std::vector<app::SettingSpec> const& specs)
{
    Names names;
    for (auto const& spec : specs) {
        if (!spec.option.empty()) {
            names.insert(spec.option);
        }
    }
    return names;
}

/// Names of settings, and of what names a secret's file.
inline Names variables()
{
    Names names;
    for (auto const& spec : app::setting_specs()) {
        for (auto const& variable : spec.variables) {
            names.insert(variable);
            if (is_secret(spec.kind)) {
                names.insert(variable + "_FILE");
            }
        }
    }
    return names;
}

inline Names const kOthersVariables{
    "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "JOB_COMPLETION_INDEX", "NAME_FILE", "GITHUB_STEP_SUMMARY"};

} // namespace backfill::test
