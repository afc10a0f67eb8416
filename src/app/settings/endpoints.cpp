#include "app/settings/endpoints.hpp"

#include "app/settings/readers.hpp"

#include "backfill/core/errors.hpp"

#include <stdexcept>

namespace backfill::app {

http::Endpoint endpoint(
    SettingValues const& values, SettingValue const& value, std::string const& shown, std::string const& example)
{
    try {
        bool const allow_http = flag(values, "ALLOW_HTTP");
        auto parsed = http::parse_endpoint(value.text);
        if (parsed.scheme == http::Endpoint::Scheme::http && !parsed.is_loopback() && !allow_http) {
            throw std::invalid_argument{
                "plain http would show " + shown + " to the network; use https, or set ALLOW_HTTP=1"};
        }
        return parsed;
    } catch (std::invalid_argument const& error) {
        throw UsageError{value.origin + ": " + error.what() + "; expected " + example};
    }
}

http::Endpoint api_endpoint(
    SettingValues const& values, std::string const& name, std::string const& api_path, std::string const& example)
{
    auto const value = values.find(name);
    if (!value) {
        throw UsageError{name + " is not set; give " + example};
    }
    auto parsed = endpoint(values, *value, "the key", example);
    if (!parsed.path.ends_with(api_path)) {
        parsed.path += api_path;
    }
    return parsed;
}

http::TransportOptions transport_options(SettingValues const& values, http::Endpoint const& endpoint)
{
    auto const& sources = values.sources();
    http::TransportOptions options;
    options.request_timeout = *duration(values, "REQUEST_TIMEOUT");
    options.connect_timeout = *duration(values, "CONNECT_TIMEOUT");
    if (auto const file = values.find("CA_FILE")) {
        if (!sources.read_file(file->text)) {
            refuse(*file, "the file cannot be read");
        }
        options.ca_file = file->text;
    }
    try {
        options.proxy =
            http::choose_proxy(endpoint, [&](std::string const& name) { return sources.variable(name).value_or(""); });
    } catch (std::invalid_argument const& error) {
        throw UsageError{"the proxy for " + endpoint.host + " cannot be used: " + error.what()};
    }
    return options;
}

} // namespace backfill::app
