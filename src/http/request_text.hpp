#pragma once

#include "backfill/http/endpoint.hpp"
#include "backfill/http/proxy.hpp"
#include "backfill/http/transport.hpp"

#include <string>

namespace backfill::http {

/// The request as it goes over the wire, head and body in one: one write, one packet for a small one. With `proxy` in
/// the form that a proxy wants for plain http (absolute URI, the proxy's credentials). Throws CallFailure (protocol)
/// for anything that could break out of its place (control characters above all) or that contradicts the framing; the
/// text of it names the header and never its value.
std::string request_text(Endpoint const& endpoint, Request const& request, Proxy const* proxy);

/// The request that opens a tunnel to the endpoint.
std::string tunnel_text(Endpoint const& endpoint, Proxy const& proxy);

} // namespace backfill::http
