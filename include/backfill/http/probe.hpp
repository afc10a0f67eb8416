#pragma once

#include "backfill/http/endpoint.hpp"
#include "backfill/http/poco_transport.hpp"
#include "backfill/http/transport.hpp"

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace backfill::http {

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
