#include "app/settings/readers.hpp"

#include "backfill/core/ascii.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"

#include <fmt/format.h>

#include <map>

namespace backfill::app {
namespace {

using std::chrono::milliseconds;

long long whole_number(SettingValue const& value, Range const& range)
{
    auto const number = parsed<long long>(value.text);
    if (!number || static_cast<double>(*number) < range.low || static_cast<double>(*number) > range.high) {
        refuse(value, fmt::format("must be a whole number from {} to {}", range.low, range.high));
    }
    return *number;
}

milliseconds with_unit(SettingValue const& value, Range const& seconds)
{
    static std::map<std::string, milliseconds, std::less<>> const units{{"ms", milliseconds{1}},
        {"", std::chrono::seconds{1}}, {"s", std::chrono::seconds{1}}, {"m", std::chrono::minutes{1}},
        {"h", std::chrono::hours{1}}, {"d", std::chrono::days{1}}};
    auto const digits = value.text.find_first_not_of("0123456789");
    auto const count = parsed<long long>(std::string_view{value.text}.substr(0, digits));
    auto const unit = units.find(digits == std::string::npos ? "" : ascii_lower(value.text.substr(digits)));
    if (count && unit != units.end()) {
        auto const length = static_cast<double>(*count) * std::chrono::duration<double>{unit->second}.count();
        if (length >= seconds.low && length <= seconds.high) {
            return *count * unit->second;
        }
    }
    refuse(
        value, fmt::format("must be a time such as 90s, 15m or 2h, from {}s to {}h", seconds.low, seconds.high / 3600));
}

} // namespace

void refuse(SettingValue const& value, std::string const& allowed)
{
    throw UsageError{value.origin + "=" + printable(value.text, 80) + ": " + allowed};
}

std::optional<std::size_t> number(SettingValues const& values, std::string const& name)
{
    auto const value = values.find(name);
    return value ? std::optional{static_cast<std::size_t>(whole_number(*value, setting_spec(name).range))}
                 : std::nullopt;
}

double fraction(SettingValues const& values, std::string const& name)
{
    auto const value = *values.find(name);
    auto const& [low, high] = setting_spec(name).range;
    auto const number = parsed<double>(value.text);
    bool const is_within = number && *number >= low && *number <= high; // NaN is not
    if (!is_within) {
        refuse(value, fmt::format("must be a number from {} to {}", low, high));
    }
    return *number;
}

std::optional<milliseconds> duration(SettingValues const& values, std::string const& name)
{
    auto const& spec = setting_spec(name);
    auto const value = values.find(name);
    if (!value) {
        return std::nullopt;
    }
    if (spec.kind == SettingKind::duration) {
        return with_unit(*value, spec.range);
    }
    return whole_number(*value, spec.range)
        * (spec.kind == SettingKind::seconds ? milliseconds{std::chrono::seconds{1}} : milliseconds{1});
}

Choice const& chosen(SettingValues const& values, std::string const& name)
{
    auto const& choices = setting_spec(name).choices;
    auto const value = *values.find(name);
    auto const* const found = find_choice(choices, value.text);
    if (found == nullptr) {
        refuse(value, fmt::format("must be {}", fmt::join(words_of(choices), " or ")));
    }
    return *found;
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

} // namespace backfill::app
