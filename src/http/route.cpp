#include "http/route.hpp"

#include "backfill/http/proxy.hpp"
#include "http/answer.hpp"
#include "http/call_failure.hpp"
#include "http/patience.hpp"
#include "http/request_text.hpp"

#include <utility>

namespace backfill::http {

using Kind = TransportError::Kind;

namespace {

void open_tunnel(Connection& connection, Endpoint const& endpoint, Proxy const& proxy, Patience const& patience,
    std::vector<char>& buffer)
{
    connection.write(tunnel_text(endpoint, proxy), patience);
    AnswerReader answer{connection, patience, 0, buffer};
    auto const status = answer.read_head().status;
    if (status / 100 != 2) {
        throw CallFailure{Kind::connect, "refused the tunnel: HTTP " + std::to_string(status)};
    }
    if (answer.has_left_over()) {
        throw CallFailure{Kind::protocol, "sent bytes of its own into the tunnel"};
    }
}

} // namespace

Route::Route(Endpoint endpoint, TransportOptions options) : endpoint_{std::move(endpoint)}, options_{std::move(options)}
{
    // Only for https, since reading the roots takes a while. A ca_file is always read, so that a wrong one is reported.
    if (endpoint_.scheme == Endpoint::Scheme::https || !options_.ca_file.empty()) {
        tls_ = tls_context_for(endpoint_.host, options_.ca_file);
    }
}

std::string const& Route::first_host() const
{
    return options_.proxy ? options_.proxy->host : endpoint_.host;
}

Addresses Route::resolve_first_host(Patience const& patience) const
{
    return options_.proxy ? resolve(options_.proxy->host, options_.proxy->port, patience)
                          : resolve(endpoint_.host, endpoint_.port, patience);
}

Connection Route::open(Patience const& patience, std::vector<char>& buffer) const
{
    auto connection = options_.proxy ? by_way_of(*options_.proxy, patience, buffer)
                                     : Connection::open(resolve_first_host(patience), patience);
    if (endpoint_.scheme == Endpoint::Scheme::https) {
        connection.start_tls(tls_->poco, endpoint_.host, patience);
    }
    return connection;
}

Connection Route::by_way_of(Proxy const& proxy, Patience const& patience, std::vector<char>& buffer) const
{
    try {
        auto connection = Connection::open(resolve_first_host(patience), patience);
        if (endpoint_.scheme == Endpoint::Scheme::https) {
            open_tunnel(connection, endpoint_, proxy, patience, buffer);
        }
        return connection;
    } catch (CallFailure const& fault) {
        // Any other failure is the proxy's, not the server's.
        bool const keeps_kind =
            fault.kind() == Kind::stopped || fault.kind() == Kind::timeout || fault.kind() == Kind::resolve;
        throw CallFailure{keeps_kind ? fault.kind() : Kind::connect, name_of(proxy) + ": " + fault.what()};
    }
}

Proxy const* Route::plain_proxy() const
{
    return options_.proxy && endpoint_.scheme == Endpoint::Scheme::http ? &*options_.proxy : nullptr;
}

std::string name_of(Proxy const& proxy)
{
    return "proxy " + proxy.host + ":" + std::to_string(proxy.port);
}

} // namespace backfill::http
