#pragma once

#include "backfill/http/endpoint.hpp"
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

/// The real Transport, on Poco. TLS 1.2 at least, certificate and host name always checked. Construct once per thread.
/// Throws std::invalid_argument when ca_file cannot be read.
std::unique_ptr<Transport> make_poco_transport(Endpoint const& endpoint, TransportOptions const& options);

} // namespace backfill::http
