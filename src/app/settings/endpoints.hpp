#pragma once

#include "app/settings/values.hpp"

#include "backfill/http/endpoint.hpp"
#include "backfill/http/poco_transport.hpp"

#include <string>

namespace backfill::app {

// The settings that name a server: with TLS unless it is this machine or plain http is allowed, and never with
// credentials. All throw UsageError without the value, since a URL can carry a password.

/// `shown` is what plain http would show to the network, `example` a good value.
http::Endpoint endpoint(
    SettingValues const& values, SettingValue const& value, std::string const& shown, std::string const& example);

/// A required endpoint; `api_path` is appended unless its path ends in it.
http::Endpoint api_endpoint(
    SettingValues const& values, std::string const& name, std::string const& api_path, std::string const& example);

/// Timeouts, CA_FILE, and the environment's proxy for the endpoint.
http::TransportOptions transport_options(SettingValues const& values, http::Endpoint const& endpoint);

} // namespace backfill::app
