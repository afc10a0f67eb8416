#include "app/settings/readers.hpp"

#include "backfill/core/ascii.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/core/timestamp.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <sstream>

namespace backfill::app {

void refuse(SettingValue const& value, std::string const& allowed)
{
    throw UsageError{value.origin + "=" + printable(value.text, 80) + ": " + allowed};
}

long long number(SettingValues const& values, std::string const& name, long long low, long long high)
{
    auto const value = *values.find(name);
    long long parsed = 0;
    auto const* const end = value.text.data() + value.text.size();
    auto const [stop, error] = std::from_chars(value.text.data(), end, parsed);
    if (error != std::errc{} || stop != end || parsed < low || parsed > high) {
        refuse(value, "must be a whole number from " + std::to_string(low) + " to " + std::to_string(high));
    }
    return parsed;
}

double fraction(SettingValues const& values, std::string const& name, double low, double high)
{
    auto const value = *values.find(name);
    double parsed = 0;
    auto const* const end = value.text.data() + value.text.size();
    auto const [stop, error] = std::from_chars(value.text.data(), end, parsed);
    if (error != std::errc{} || stop != end || std::isnan(parsed) || parsed < low || parsed > high) {
        std::ostringstream range;
        range << "must be a number from " << low << " to " << high;
        refuse(value, range.str());
    }
    return parsed;
}

std::optional<std::chrono::milliseconds> duration(
    SettingValues const& values, std::string const& name, std::chrono::milliseconds low, std::chrono::milliseconds high)
{
    using std::chrono::milliseconds;
    auto const value = values.find(name);
    if (!value) {
        return std::nullopt;
    }
    static std::map<std::string, milliseconds, std::less<>> const units{{"ms", milliseconds{1}},
        {"", std::chrono::seconds{1}}, {"s", std::chrono::seconds{1}}, {"m", std::chrono::minutes{1}},
        {"h", std::chrono::hours{1}}, {"d", std::chrono::days{1}}};
    long long parsed = 0;
    auto const* const end = value->text.data() + value->text.size();
    auto const [stop, error] = std::from_chars(value->text.data(), end, parsed);
    auto const unit = units.find(ascii_lower(std::string{stop, end}));
    if (error != std::errc{} || unit == units.end() || parsed < 0 || parsed > high / unit->second
        || parsed * unit->second < low) {
        refuse(*value,
            "must be a time such as 90s, 15m or 2h, from " + std::to_string(low / std::chrono::seconds{1}) + "s to "
                + std::to_string(high / std::chrono::hours{1}) + "h");
    }
    return parsed * unit->second;
}

std::string one_of(std::vector<std::string> const& words)
{
    std::string list;
    for (auto const& word : words) {
        list += (list.empty() ? "" : " or ") + word;
    }
    return list;
}

std::size_t choice(SettingValues const& values, std::string const& name)
{
    auto const& allowed = setting_spec(name).choices;
    auto const value = *values.find(name);
    auto const found = std::find(allowed.begin(), allowed.end(), ascii_lower(value.text));
    if (found == allowed.end()) {
        refuse(value, "must be " + one_of(allowed));
    }
    return static_cast<std::size_t>(found - allowed.begin());
}

std::string text(SettingValues const& values, std::string const& name)
{
    auto const value = values.find(name);
    return value ? value->text : std::string{};
}

bool flag(SettingValues const& values, std::string const& name)
{
    auto const value = *values.find(name);
    auto const word = ascii_lower(value.text);
    if (word == "1" || word == "true" || word == "yes" || word == "on") {
        return true;
    }
    if (word == "0" || word == "false" || word == "no" || word == "off") {
        return false;
    }
    refuse(value, "must be 1 or 0");
}

std::string moment(SettingValues const& values, std::string const& name, DayEdge edge)
{
    auto const value = values.find(name);
    if (!value) {
        return {};
    }
    constexpr std::size_t kDateLength = 10; // YYYY-MM-DD
    bool const date_alone = value->text.size() == kDateLength;
    auto const time = edge == DayEdge::start ? "T00:00:00Z" : "T23:59:59.999999Z";
    auto const parsed = parse_timestamp(date_alone ? value->text + time : value->text);
    if (!parsed) {
        refuse(*value, "must be a date (2025-07-10) or a time (2025-07-10T19:47:55Z)");
    }
    return parsed->text;
}

} // namespace backfill::app
