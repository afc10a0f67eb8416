#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace backfill::http {

/// Where requests go: one host of one side, and the path prefix of its API.
struct Endpoint {
    enum class Scheme : std::uint8_t { http, https };
    Scheme scheme = Scheme::https;
    std::string host; ///< a name or an address; IPv6 without brackets
    std::uint16_t port = 443;
    std::string path; ///< "" or "/prefix", never with a trailing slash

    bool operator==(Endpoint const&) const = default;
    bool is_loopback() const;      ///< localhost, 127.0.0.0/8, ::1
    std::string authority() const; ///< host or host:port as the Host header wants it
    std::string text() const;      ///< scheme://authority/path
};

/// Reads `acme.freshchat.com`, `https://host:8443/prefix/`, `[::1]:80`. Throws std::invalid_argument with a text that
/// says what is wrong (no host, user:password, query, port range, other scheme, control characters).
Endpoint parse_endpoint(std::string_view text);

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
