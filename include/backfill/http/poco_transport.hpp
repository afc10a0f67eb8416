#pragma once

#include "backfill/http/endpoint.hpp"
#include "backfill/http/proxy.hpp"
#include "backfill/http/transport.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace backfill::http {

struct TransportOptions {
    std::chrono::milliseconds request_timeout{60'000}; ///< one whole call: connect, TLS, send, read
    std::chrono::milliseconds connect_timeout{10'000}; ///< TCP connect (and proxy and TLS handshake)
    std::string ca_file;                               ///< extra PEM roots beside the system's; empty = none
    std::optional<Proxy> proxy;
    std::size_t max_body_bytes = 64U << 20U; ///< a larger body is a protocol error, not memory
};

/// The real Transport, on Poco's sockets and TLS (1.2 at least; certificate and host name always checked, also behind a
/// proxy). Construct once per thread. HTTP/1.1 with one kept connection: one that the server closed while it was idle,
/// or on which anything unasked has come, is replaced before the next request is sent.
///
/// The request timeout holds for the whole call, however slowly bytes trickle; it and the stop token end any phase.
///
/// A Reply is whole: cut anywhere, it is truncated. One answer cannot be proven whole: over plain http, without
/// Content-Length and chunks, it ends where the connection ends (over TLS a close_notify must end it).
/// A gzip body is unpacked, up to the same cap; whether to ask for one is the caller's choice (Accept-Encoding).
/// Not done here: retries, redirects, cookies, HTTP/2.
///
/// Throws std::invalid_argument when ca_file cannot be read or holds no certificate.
std::unique_ptr<Transport> make_poco_transport(Endpoint const& endpoint, TransportOptions const& options);

} // namespace backfill::http
