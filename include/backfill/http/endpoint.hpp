#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace backfill::http {

/// Where requests go: one host and the path prefix of its API.
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

/// Reads `acme.freshchat.com`, `https://host:8443/prefix/`, `[::1]:80`. Throws std::invalid_argument that says what is
/// wrong (no host, user:password, query, port range, other scheme, control characters).
Endpoint parse_endpoint(std::string_view text);

/// A whole URL, as it is called.
struct Url {
    Endpoint endpoint;  ///< its path is empty
    std::string target; ///< path and query as they were given: "/hook/?key=x", "?key=x", ""
};

/// Reads `https://host:8443/hook?key=x`. Throws as parse_endpoint(), but takes a query, and for a character that URLs
/// do not have.
Url parse_url(std::string_view text);

/// Percent-encodes every byte outside A-Za-z0-9-._~, so that the result fits a path segment and a query value alike.
std::string percent_encoded(std::string_view text);

} // namespace backfill::http
