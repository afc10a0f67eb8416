#include "http/route.hpp"

#include "http/answer.hpp"
#include "http/request_text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

namespace backfill::http {

using Kind = TransportError::Kind;

namespace {

constexpr int kProxyAuthenticationRequired = 407;

constexpr int kBadRequest = 400;

/// So long a server may keep silent in a handshake before it is asked for plain http, and to answer that.
constexpr std::chrono::seconds kSilence{2};

/// "proxy gate.example:3128"
std::string name_of(Proxy const& proxy)
{
    return "proxy " + proxy.host + ":" + std::to_string(proxy.port);
}

/// "HTTP 502", and for 407 what the proxy wants.
std::string what_it_refuses(int status, Proxy const& proxy)
{
    auto text = "HTTP " + std::to_string(status);
    if (status != kProxyAuthenticationRequired) {
        return text;
    }
    return text
        + (proxy.user.empty()
                ? ": it asks for a user: http://USER:PASSWORD@HOST:PORT in the proxy variable (Basic, the "
                  "only scheme that is supported)"
                : ": it refuses the user or the password in the proxy variable, or wants another scheme "
                  "than Basic, the only one that is supported");
}

void open_tunnel(Connection& connection, Endpoint const& endpoint, Proxy const& proxy, Patience const& patience)
{
    connection.write(tunnel_text(endpoint, proxy), patience);
    std::vector<char> buffer;
    AnswerReader answer{connection, patience, 0, buffer};
    auto const status = answer.read_head().status;
    if (status / 100 != 2) {
        throw TransportError{Kind::connect, "refused the tunnel: " + what_it_refuses(status, proxy)};
    }
    if (answer.has_left_over()) {
        throw TransportError{Kind::protocol, "sent bytes of its own into the tunnel"};
    }
}

/// As nginx, Go, Apache and Tomcat say it to a request without TLS.
bool says_it_wants_tls(Reply const& reply)
{
    constexpr std::array<std::string_view, 4> kWordings{
        "sent to HTTPS port", "to an HTTPS server", "to an SSL-enabled server port", "requires TLS"};
    return reply.status == kBadRequest
        && std::ranges::any_of(kWordings, [&](auto words) { return reply.body.find(words) != std::string::npos; });
}

} // namespace

Route::Route(Endpoint endpoint, TransportOptions options) : endpoint_{std::move(endpoint)}, options_{std::move(options)}
{
    // Only for https, since reading roots takes a while. A ca_file is always read, so that a wrong one is reported.
    if (is_https() || !options_.ca_file.empty()) {
        tls_ = tls_context_for(endpoint_.host, options_.ca_file);
    }
}

Addresses Route::resolve_first_host(Patience const& patience) const
{
    return resolve(first_host(), options_.proxy ? options_.proxy->port : endpoint_.port, patience);
}

Connection Route::open(Patience const& patience) const
{
    auto connection = connected(patience);
    if (!is_https()) {
        return connection;
    }
    try {
        connection.start_tls(tls_->poco, endpoint_.host, patience.at_most(kSilence, "TLS handshake"));
    } catch (TransportError const& fault) {
        if (fault.kind != Kind::timeout) {
            throw;
        }
        patience.check(); // it may be the whole wait that is over
        if (answers_plainly(patience)) {
            throw TransportError{Kind::tls, kSpeaksNoTls};
        }
        connection.go_on_with_tls(endpoint_.host, patience);
    }
    return connection;
}

void Route::expect_from_server(Reply const& reply) const
{
    if (auto const* const proxy = plain_proxy(); proxy != nullptr && reply.status == kProxyAuthenticationRequired) {
        throw TransportError{Kind::connect, name_of(*proxy) + ": " + what_it_refuses(reply.status, *proxy)};
    }
    if (!is_https() && says_it_wants_tls(reply)) {
        throw TransportError{Kind::tls, "the port wants it: give https:// in place of http://"};
    }
}

Connection Route::connected(Patience const& patience) const
{
    return options_.proxy ? by_way_of(*options_.proxy, patience)
                          : Connection::open(resolve_first_host(patience), patience);
}

Connection Route::by_way_of(Proxy const& proxy, Patience const& patience) const
{
    try {
        auto connection = Connection::open(resolve_first_host(patience), patience);
        if (is_https()) {
            open_tunnel(connection, endpoint_, proxy, patience);
        }
        return connection;
    } catch (TransportError const& fault) {
        if (fault.kind == Kind::stopped) {
            throw;
        }
        // Any other failure is the proxy's, not the server's.
        bool const keeps_kind = fault.kind == Kind::timeout || fault.kind == Kind::resolve;
        throw TransportError{keeps_kind ? fault.kind : Kind::connect, name_of(proxy) + ": " + fault.detail};
    }
}

/// Asks by another connection, since the bytes of a handshake are on the first. The request holds no secret.
bool Route::answers_plainly(Patience const& patience) const
{
    auto const limit = patience.at_most(kSilence, "plain answer");
    try {
        auto plain = connected(limit);
        plain.write("GET / HTTP/1.0\r\n\r\n", limit);
        std::vector<char> buffer;
        AnswerReader answer{plain, limit, 0, buffer};
        answer.read_head();
        return true;
    } catch (TransportError const& fault) {
        if (fault.kind == Kind::stopped) {
            throw;
        }
        return false;
    }
}

} // namespace backfill::http
