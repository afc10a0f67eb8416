#pragma once

#include "app/settings/values.hpp"

#include "backfill/core/timestamp.hpp"
#include "backfill/http/endpoint.hpp"
#include "backfill/http/poco_transport.hpp"

#include <charconv>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace backfill::app {

// Typed reads of settings. The row of the setting has its range, unit and choices. Each throws UsageError that names
// the option or variable, its value and what is allowed; those that return an optional return nothing for a setting
// that is unset and has no default.

[[noreturn]] void refuse(SettingValue const& value, std::string const& allowed);

std::optional<std::size_t> number(SettingValues const& values, std::string const& name);

double fraction(SettingValues const& values, std::string const& name);

/// Of kind milliseconds or duration.
std::optional<std::chrono::milliseconds> duration(SettingValues const& values, std::string const& name);

/// "90s", "1500ms", "25h", "7d"; nothing for all else, a number alone among it.
std::optional<std::chrono::milliseconds> time_with_unit(std::string const& text);

/// A date or a time, RFC 3339 as parse_timestamp() reads it. A date alone means `time` on that day.
std::optional<Timestamp> moment_of(std::string const& text, std::string const& time);

/// "" when it is unset.
std::string text(SettingValues const& values, std::string const& name);

/// What the file holds.
std::string content(SettingValues const& values, SettingValue const& file);

bool flag(SettingValues const& values, std::string const& name);

/// Throws where the setting is set to what its kind cannot be.
void expect_readable(SettingValues const& values, SettingSpec const& spec);

Choice const& chosen(std::vector<Choice> const& choices, SettingValue const& value);

/// The value of a setting whose choices are of this enum.
template <typename Enum>
Enum choice(SettingValues const& values, std::string const& name)
{
    return std::get<Enum>(chosen(setting_spec(name).choices, *values.find(name)).value);
}

/// The number that is all of the text; nothing when it is none.
template <typename Number>
std::optional<Number> parsed(std::string_view text)
{
    Number value{};
    auto const* const begin = text.data();
    auto const* const end = begin + text.size();
    auto const [stop, error] = std::from_chars(begin, end, value);
    return error == std::errc{} && stop == end ? std::optional{value} : std::nullopt;
}

// The settings that name a server: with TLS unless it is this machine or plain http is allowed, and never with
// credentials. All throw UsageError without the value, since a URL can carry a password.

/// `shown` is what plain http would show to the network, `example` a good value.
http::Endpoint endpoint(
    SettingValues const& values, SettingValue const& value, std::string const& shown, std::string const& example);

/// The same of a URL that may have a query.
http::Url url(
    SettingValues const& values, SettingValue const& value, std::string const& shown, std::string const& example);

struct Api {
    std::string path; ///< is appended unless an endpoint's path ends in it
    std::string example;
    /// What to give in place of an address of another kind; "" for a good one.
    std::function<std::string(http::Endpoint const&, bool has_scheme)> right_form;
    /// The same of what cannot be read as an address. Never shows a password.
    std::function<std::string(std::string_view)> right_form_of_text;
};

/// A required endpoint.
http::Endpoint api_endpoint(SettingValues const& values, std::string const& name, Api const& api);

/// Timeouts, CA_FILE, and the environment's proxy for the endpoint.
http::TransportOptions transport_options(SettingValues const& values, http::Endpoint const& endpoint);
std::optional<http::Proxy> proxy(SettingValues const& values, http::Endpoint const& endpoint);

} // namespace backfill::app
