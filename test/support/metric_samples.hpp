#pragma once

#include <map>
#include <sstream>
#include <stdexcept>
#include <string>

namespace backfill::test {

/// Prometheus' text: each sample's value by its name and labels, as they stand. Throws std::runtime_error when one is
/// there twice.
inline std::map<std::string, std::string> samples_of(std::string const& text)
{
    std::map<std::string, std::string> samples;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        auto const blank = line.rfind(' ');
        if (!line.starts_with('#') && !samples.emplace(line.substr(0, blank), line.substr(blank + 1)).second) {
            throw std::runtime_error{"twice: " + line};
        }
    }
    return samples;
}

/// Of the sample `freshchat_backfill_`…; "missing" when it is not there.
inline std::string value_of(std::string const& text, std::string const& sample)
{
    auto const samples = samples_of(text);
    auto const found = samples.find("freshchat_backfill_" + sample);
    return found == samples.end() ? "missing" : found->second;
}

} // namespace backfill::test
