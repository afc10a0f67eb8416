#pragma once

#include "backfill/http/endpoint.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace backfill::http {

/// An HTTP proxy of the environment.
struct Proxy {
    std::string host;
    std::uint16_t port = 3128;
    std::string user;
    std::string password;
};

/// The proxy for an endpoint as curl reads it: https_proxy, HTTPS_PROXY or http_proxy (upper case is not read for http:
/// in CGI it comes from a header; here HTTP_PROXY is accepted after http_proxy), all_proxy, ALL_PROXY; none for a host
/// in no_proxy / NO_PROXY (`*`, exact names, domain suffixes with or without a dot, addresses, `host:port`; no networks
/// such as 10.0.0.0/8) and none for loopback. Throws std::invalid_argument, with the variable's name and without its
/// value, for a proxy that cannot be used (socks, https to the proxy).
std::optional<Proxy> choose_proxy(
    Endpoint const& endpoint, std::function<std::string(std::string const&)> const& variable);

} // namespace backfill::http
