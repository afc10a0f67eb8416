#pragma once

#include "backfill/http/poco_transport.hpp"
#include "http/connection.hpp"
#include "http/resolver.hpp"
#include "http/tls_context.hpp"

#include <memory>
#include <string>

namespace backfill::http {

/// The way to one endpoint: direct or by the proxy, with TLS for https. The constructor throws std::invalid_argument
/// when ca_file cannot be read; everything else throws TransportError.
class Route {
public:
    Route(Endpoint endpoint, TransportOptions options);

    /// The host to connect to: the endpoint's, or the proxy's.
    std::string const& first_host() const { return options_.proxy ? options_.proxy->host : endpoint_.host; }

    Addresses resolve_first_host(Patience const& patience) const;

    /// A connection ready for a request. A port that speaks plain http in place of TLS is told apart (Kind::tls), also
    /// where it waits in silence for the end of a line.
    Connection open(Patience const& patience) const;

    /// Throws for an answer of a proxy that wants a password, and of a port that wants TLS.
    void expect_from_server(Reply const& reply) const;

    /// The proxy that requests are addressed to; null when there is none or it only tunnels.
    Proxy const* plain_proxy() const { return options_.proxy && !is_https() ? &*options_.proxy : nullptr; }

    bool is_https() const { return endpoint_.scheme == Endpoint::Scheme::https; }
    Endpoint const& endpoint() const { return endpoint_; }
    TransportOptions const& options() const { return options_; }

private:
    Connection connected(Patience const& patience) const; ///< without TLS yet
    Connection by_way_of(Proxy const& proxy, Patience const& patience) const;
    bool answers_plainly(Patience const& patience) const;

    Endpoint endpoint_;
    TransportOptions options_;
    std::shared_ptr<TlsContext const> tls_;
};

} // namespace backfill::http
