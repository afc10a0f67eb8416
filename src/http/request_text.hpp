#pragma once

#include "backfill/http/endpoint.hpp"
#include "backfill/http/proxy.hpp"
#include "backfill/http/transport.hpp"

#include <string>

namespace backfill::http {

/// The request as sent, head and body in one text: one write, and one packet for a small one. With `proxy`, in the form
/// that a proxy wants for plain http (absolute URI, the proxy's credentials). Throws TransportError (protocol), which
/// names a header and never its value, for characters that could end a header or the target, and for headers set here.
std::string request_text(Endpoint const& endpoint, Request const& request, Proxy const* proxy);

/// The request that opens a tunnel to the endpoint.
std::string tunnel_text(Endpoint const& endpoint, Proxy const& proxy);

} // namespace backfill::http
