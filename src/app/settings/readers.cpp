#include "app/settings/readers.hpp"

#include "backfill/core/ascii.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/core/file.hpp"
#include "backfill/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <stdexcept>

namespace backfill::app {
namespace {

using std::chrono::milliseconds;

constexpr auto* kWhole = "whole number";
constexpr milliseconds kMostTime = std::chrono::years{1000}; // far above any range, far below an overflow

template <typename Number>
Number within(Range const& range, SettingValue const& value, std::string_view kind)
{
    if (auto const number = parsed<Number>(value.text)) {
        if (auto const real = static_cast<double>(*number); real >= range.low && real <= range.high) { // NaN is not
            return *number;
        }
    }
    refuse(value, fmt::format("must be a {} from {} to {}", kind, range.low, range.high));
}

/// `alone`: the unit of a number without one, which is also the range's.
milliseconds with_unit(SettingValue const& value, Range const& range, milliseconds alone)
{
    bool const is_number = value.text.find_first_not_of("0123456789") == std::string::npos;
    auto const length = time_with_unit(value.text + (!is_number ? "" : alone.count() == 1 ? "ms" : "s"));
    auto const scale = static_cast<double>(alone.count());
    if (length) {
        if (auto const real = static_cast<double>(length->count());
            real >= range.low * scale && real <= range.high * scale) {
            return *length;
        }
    }
    refuse(value,
        fmt::format("must be a time such as {}, 15m or 2h, from {}", alone.count() == 1 ? "1500ms, 90s" : "90s",
            time_range_text(range, alone, " to ")));
}

/// Throws std::invalid_argument where the network would see it.
void expect_hidden(SettingValues const& values, http::Endpoint const& endpoint, std::string const& shown)
{
    bool const is_open = endpoint.scheme == http::Endpoint::Scheme::http && !endpoint.is_loopback();
    if (is_open && !flag(values, "ALLOW_HTTP")) {
        throw std::invalid_argument{
            "plain http would show " + shown + " to the network; use https, or set ALLOW_HTTP=1"};
    }
}

/// What `parse` returns; what it finds wrong becomes a refusal that does not show the value.
template <typename Parse>
auto with_hint(SettingValue const& value, std::string const& example, Parse parse)
{
    try {
        return parse();
    } catch (std::invalid_argument const& error) {
        throw UsageError{value.origin + ": " + error.what() + "; expected " + example + docker_hint(value.text)};
    }
}

} // namespace

void refuse(SettingValue const& value, std::string const& allowed)
{
    throw UsageError{value.origin + "=" + printable(value.text, 80) + ": " + allowed + docker_hint(value.text)};
}

std::optional<std::size_t> number(SettingValues const& values, std::string const& name)
{
    auto const value = values.find(name);
    return value ? std::optional{within<std::size_t>(setting_spec(name).range, *value, kWhole)} : std::nullopt;
}

double fraction(SettingValues const& values, std::string const& name)
{
    return within<double>(setting_spec(name).range, *values.find(name), "number");
}

std::optional<milliseconds> duration(SettingValues const& values, std::string const& name)
{
    auto const& spec = setting_spec(name);
    auto const value = values.find(name);
    if (!value) {
        return std::nullopt;
    }
    return with_unit(
        *value, spec.range, spec.kind == SettingKind::milliseconds ? milliseconds{1} : std::chrono::seconds{1});
}

std::optional<milliseconds> time_with_unit(std::string const& text)
{
    static std::map<std::string, milliseconds, std::less<>> const units{{"ms", milliseconds{1}},
        {"s", std::chrono::seconds{1}}, {"m", std::chrono::minutes{1}}, {"h", std::chrono::hours{1}},
        {"d", std::chrono::days{1}}};
    auto const digits = std::min(text.find_first_not_of("0123456789"), text.size());
    auto const count = parsed<long long>(std::string_view{text}.substr(0, digits));
    auto const unit = units.find(ascii_lower(text.substr(digits)));
    return count && unit != units.end() && *count <= kMostTime / unit->second ? std::optional{*count * unit->second}
                                                                              : std::nullopt;
}

std::optional<Timestamp> moment_of(std::string const& text, std::string const& time)
{
    constexpr std::size_t kDateLength = 10; // YYYY-MM-DD
    return parse_timestamp(text.size() == kDateLength ? text + time : text);
}

Choice const& chosen(std::vector<Choice> const& choices, SettingValue const& value)
{
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

std::string content(SettingValues const& values, SettingValue const& file)
{
    auto const text = values.sources().read_file(file.text);
    if (!text) {
        refuse(file, "the file cannot be read: " + why_unreadable(file.text));
    }
    return *text;
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

void expect_readable(SettingValues const& values, SettingSpec const& spec)
{
    auto const value = values.find(spec.name());
    if (!value) {
        return;
    }
    switch (spec.kind) {
    case SettingKind::number:
        number(values, spec.name());
        break;
    case SettingKind::fraction:
        fraction(values, spec.name());
        break;
    case SettingKind::milliseconds:
    case SettingKind::duration:
        duration(values, spec.name());
        break;
    case SettingKind::choice:
        chosen(spec.choices, *value);
        break;
    case SettingKind::flag:
        flag(values, spec.name());
        break;
    default:
        break;
    }
}

http::Endpoint endpoint(
    SettingValues const& values, SettingValue const& value, std::string const& shown, std::string const& example)
{
    return with_hint(value, example, [&] {
        auto parsed = http::parse_endpoint(value.text);
        expect_hidden(values, parsed, shown);
        return parsed;
    });
}

http::Url url(
    SettingValues const& values, SettingValue const& value, std::string const& shown, std::string const& example)
{
    return with_hint(value, example, [&] {
        auto parsed = http::parse_url(value.text);
        expect_hidden(values, parsed.endpoint, shown);
        return parsed;
    });
}

http::Endpoint api_endpoint(SettingValues const& values, std::string const& name, Api const& api)
{
    auto const value = values.find(name);
    if (!value) {
        throw UsageError{name + " is not set; give " + api.example};
    }
    auto const expect_good = [&](std::string const& right) {
        if (!right.empty()) {
            throw UsageError{fmt::format("{}: {}", value->origin, right)};
        }
    };
    expect_good(api.right_form_of_text(value->text));
    auto parsed = endpoint(values, *value, "the key", api.example);
    expect_good(api.right_form(parsed, value->text.find("://") != std::string::npos));
    if (!parsed.path.ends_with(api.path)) {
        parsed.path += api.path;
    }
    return parsed;
}

http::TransportOptions transport_options(SettingValues const& values, http::Endpoint const& endpoint)
{
    http::TransportOptions options;
    options.request_timeout = *duration(values, "REQUEST_TIMEOUT");
    options.connect_timeout = *duration(values, "CONNECT_TIMEOUT");
    if (auto const file = values.find("CA_FILE")) {
        if (auto const text = content(values, *file); text.find("CERTIFICATE-----") == std::string::npos) {
            refuse(*file, "the file has no certificate in PEM form (-----BEGIN CERTIFICATE-----)");
        }
        options.ca_file = file->text;
    }
    options.proxy = proxy(values, endpoint);
    return options;
}

std::optional<http::Proxy> proxy(SettingValues const& values, http::Endpoint const& endpoint)
{
    auto const variable = [&](std::string const& name) { return values.sources().variable(name).value_or(""); };
    try {
        return http::choose_proxy(endpoint, variable);
    } catch (std::invalid_argument const& error) {
        throw UsageError{"the proxy for " + endpoint.host + " cannot be used: " + error.what()};
    }
}

} // namespace backfill::app
