#pragma once

#include "backfill/http/endpoint.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace backfill::http {

/// An HTTP proxy.
struct Proxy {
    std::string host;
    std::uint16_t port = 3128;
    std::string user;
    std::string password;
};

/// The proxy for an endpoint by the variables that curl reads: https_proxy, HTTPS_PROXY (for http: http_proxy, and
/// HTTP_PROXY, which curl ignores because CGI fills it from a header), then all_proxy, ALL_PROXY. None for loopback and
/// for hosts in no_proxy / NO_PROXY (`*`, exact names, domain suffixes with or without a dot, addresses, `host:port`,
/// and networks such as 10.0.0.0/8 for hosts that are given by their address). Throws std::invalid_argument, with the
/// variable's name and without its value, for a proxy that cannot be used (socks, https to the proxy).
std::optional<Proxy> choose_proxy(
    Endpoint const& endpoint, std::function<std::string(std::string const&)> const& variable);

} // namespace backfill::http
