#pragma once

#include "backfill/http/endpoint.hpp"
#include "backfill/http/proxy.hpp"
#include "backfill/http/transport.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace backfill::http {

struct TransportOptions {
    std::chrono::milliseconds request_timeout{60'000}; ///< one whole call: connect, TLS, send, read
    std::chrono::milliseconds connect_timeout{10'000}; ///< TCP connect, proxy and TLS handshake together
    std::string ca_file;                               ///< PEM roots in addition to the system's; empty = none
    std::optional<Proxy> proxy;
    std::size_t max_body_bytes = 64U << 20U; ///< a larger body is a protocol error, not memory
};

/// The real Transport, on Poco's sockets and TLS (1.2 at least; certificate and host name always checked, also behind a
/// proxy). Construct one per thread. HTTP/1.1 with one kept connection, which is replaced before the next request when
/// the server has closed it or sent anything unasked.
///
/// The request timeout covers the whole call, however slowly bytes trickle; it and the stop token end any phase.
///
/// A Reply is whole; an answer cut anywhere is a truncated TransportError. The one exception: over plain http, an
/// answer without Content-Length and chunks ends where the connection ends (over TLS a close_notify must end it).
/// Unpacks a gzip body, up to the same cap; the caller asks for one (Accept-Encoding).
/// Does not retry, follow redirects, keep cookies, or speak HTTP/2.
///
/// Throws std::invalid_argument when ca_file cannot be read or holds no certificate.
std::unique_ptr<Transport> make_poco_transport(Endpoint const& endpoint, TransportOptions const& options);

/// How far a connection to an endpoint gets: its name, TCP, TLS. What could not be found out is empty.
struct Probe {
    std::string resolved_host;             ///< the endpoint's, or the proxy's
    std::vector<std::string> addresses;    ///< of resolved_host
    std::optional<TransportError> failure; ///< why no request could be sent
    std::optional<std::chrono::system_clock::time_point> certificate_expires;
};

/// Connects as a transport with these options does, sends no request, and closes the connection. Blocks at most
/// `connect_timeout`. Throws std::invalid_argument when ca_file cannot be read.
Probe probe(Endpoint const& endpoint, TransportOptions const& options, std::stop_token const& stop);

} // namespace backfill::http
