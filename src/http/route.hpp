#pragma once

#include "backfill/http/endpoint.hpp"
#include "backfill/http/poco_transport.hpp"

#include "backfill/http/proxy.hpp"
#include "http/connection.hpp"
#include "http/resolver.hpp"
#include "http/tls_context.hpp"

#include <memory>
#include <string>
#include <vector>

namespace backfill::http {

/// The way to one endpoint: direct or by the proxy, with TLS for https. The constructor throws std::invalid_argument
/// when ca_file cannot be read; everything else throws CallFailure.
class Route {
public:
    Route(Endpoint endpoint, TransportOptions options);

    /// The host to connect to: the endpoint's, or the proxy's.
    std::string const& first_host() const;
    Addresses resolve_first_host(Patience const& patience) const;

    /// A connection ready for a request. `buffer` is working space.
    Connection open(Patience const& patience, std::vector<char>& buffer) const;

    /// The proxy that requests are addressed to; null when there is none or it only tunnels.
    Proxy const* plain_proxy() const;

    Endpoint const& endpoint() const { return endpoint_; }
    TransportOptions const& options() const { return options_; }

private:
    Connection by_way_of(Proxy const& proxy, Patience const& patience, std::vector<char>& buffer) const;

    Endpoint endpoint_;
    TransportOptions options_;
    std::shared_ptr<TlsContext const> tls_;
};

/// "proxy gate.example:3128"
std::string name_of(Proxy const& proxy);

} // namespace backfill::http
