#pragma once
// Reads numbers from the page about a run (REPORT_FILE).

#include <string>

namespace backfill::test {

inline std::string between(std::string const& text, std::string const& begin, std::string const& end)
{
    auto const found = text.find(begin);
    if (found == std::string::npos) {
        return {};
    }
    auto const from = found + begin.size();
    return text.substr(from, text.find(end, from) - from);
}

/// The number of this name under this heading; -1 without one.
inline long number(std::string const& page, std::string const& heading, std::string const& name)
{
    auto const group = between(page, "<h3>" + heading + "</h3><dl", "</dl>");
    auto const value = between(group, "<dt>" + name + "</dt><dd><data value=\"", "\"");
    return value.empty() ? -1 : std::stol(value);
}

inline bool holds(std::string const& text, std::string const& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace backfill::test
