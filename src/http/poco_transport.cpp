#include "backfill/http/poco_transport.hpp"

#include "http/answer.hpp"
#include "http/request_text.hpp"
#include "http/resolver.hpp"
#include "http/tls_context.hpp"

#include <Poco/Exception.h>

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

namespace backfill::http {

using Kind = TransportError::Kind;

namespace {

constexpr int kProxyAuthenticationRequired = 407;

/// A connection that was in use so shortly before is not looked at again before a GET, which saves a system call.
constexpr std::chrono::milliseconds kSurelyOpen{100};

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

/// The way to one endpoint: direct or by the proxy, with TLS for https. The constructor throws std::invalid_argument
/// when ca_file cannot be read; everything else throws TransportError.
class Route {
public:
    Route(Endpoint endpoint, TransportOptions options) : endpoint_{std::move(endpoint)}, options_{std::move(options)}
    {
        // Only for https, since reading roots takes a while. A ca_file is always read, so that a wrong one is reported.
        if (is_https() || !options_.ca_file.empty()) {
            tls_ = tls_context_for(endpoint_.host, options_.ca_file);
        }
    }

    /// The host to connect to: the endpoint's, or the proxy's.
    std::string const& first_host() const { return options_.proxy ? options_.proxy->host : endpoint_.host; }

    Addresses resolve_first_host(Patience const& patience) const
    {
        return resolve(first_host(), options_.proxy ? options_.proxy->port : endpoint_.port, patience);
    }

    /// A connection ready for a request.
    Connection open(Patience const& patience) const
    {
        auto connection = options_.proxy ? by_way_of(*options_.proxy, patience)
                                         : Connection::open(resolve_first_host(patience), patience);
        if (is_https()) {
            connection.start_tls(tls_->poco, endpoint_.host, patience);
        }
        return connection;
    }

    /// The proxy that requests are addressed to; null when there is none or it only tunnels.
    Proxy const* plain_proxy() const { return options_.proxy && !is_https() ? &*options_.proxy : nullptr; }

    Endpoint const& endpoint() const { return endpoint_; }
    TransportOptions const& options() const { return options_; }

private:
    bool is_https() const { return endpoint_.scheme == Endpoint::Scheme::https; }

    Connection by_way_of(Proxy const& proxy, Patience const& patience) const
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

    Endpoint endpoint_;
    TransportOptions options_;
    std::shared_ptr<TlsContext const> tls_;
};

template <typename Work>
std::optional<TransportError> failure_of(Work work)
{
    try {
        work();
        return std::nullopt;
    } catch (TransportError const& fault) {
        return fault;
    } catch (Poco::Exception const& error) {
        return TransportError{Kind::connect, error.displayText()}; // e.g. no file descriptor left
    } catch (std::system_error const& error) {
        return TransportError{Kind::connect, error.what()};
    }
}

class PocoTransport final : public Transport {
public:
    PocoTransport(Endpoint const& endpoint, TransportOptions const& options) : route_{endpoint, options} {}

    Outcome send(Request const& request, std::stop_token const& stop) override
    {
        wake_up_.silence();
        std::stop_callback const on_stop{stop, [this] { wake_up_.ring(); }};
        Patience const patience{wake_up_, stop, route_.options().request_timeout, "whole answer"};
        Reply reply;
        auto const failure = failure_of([&] { reply = exchange(request, patience); });
        return failure ? Outcome{*failure} : Outcome{std::move(reply)};
    }

private:
    /// A GET may go out on a connection that the server has closed a moment ago, which the caller is told. A server
    /// that does so is not trusted again. Before a POST the connection is always looked at, since it may be carried
    /// out.
    Reply exchange(Request const& request, Patience const& patience)
    {
        auto const text = request_text(route_.endpoint(), request, route_.plain_proxy());
        bool const is_recent = idle_ && std::chrono::steady_clock::now() - idle_since_ < kSurelyOpen;
        if (is_recent && trusts_idle_ && request.method == Request::Method::get) {
            try {
                return exchange_on(*std::exchange(idle_, std::nullopt), text, patience);
            } catch (TransportError& fault) {
                fault.on_kept_connection = fault.kind == Kind::closed;
                trusts_idle_ = !fault.on_kept_connection;
                throw;
            }
        }
        return exchange_on(idle_or_new(patience), text, patience);
    }

    /// Only a whole answer puts the connection back into idle_: an exception closes it.
    Reply exchange_on(Connection connection, std::string const& text, Patience const& patience)
    {
        bool sent = true;
        try {
            connection.write(text, patience);
        } catch (TransportError const& fault) {
            // A server may refuse a large body before it has read all of it (413): its answer counts.
            if (fault.kind != Kind::closed) {
                throw;
            }
            sent = false;
        }
        AnswerReader answer{connection, patience, route_.options().max_body_bytes, buffer_};
        auto reply = answer.read_reply();
        if (auto const* const proxy = route_.plain_proxy();
            proxy != nullptr && reply.status == kProxyAuthenticationRequired) {
            throw TransportError{Kind::connect, name_of(*proxy) + ": " + what_it_refuses(reply.status, *proxy)};
        }
        if (sent && answer.connection_is_reusable()) {
            idle_ = connection;
            idle_since_ = std::chrono::steady_clock::now();
        }
        return reply;
    }

    Connection idle_or_new(Patience const& patience)
    {
        if (auto idle = std::exchange(idle_, std::nullopt); idle && idle->is_quiet()) {
            return *idle;
        }
        auto const limit = route_.options().connect_timeout;
        return route_.open(patience.at_most(limit, "connection to " + route_.endpoint().authority()));
    }

    Route const route_;
    WakeUp const wake_up_;
    std::optional<Connection> idle_;
    std::chrono::steady_clock::time_point idle_since_{};
    bool trusts_idle_ = true; ///< never yet closed without a word
    std::vector<char> buffer_;
};

} // namespace

std::unique_ptr<Transport> make_poco_transport(Endpoint const& endpoint, TransportOptions const& options)
{
    return std::make_unique<PocoTransport>(endpoint, options);
}

Probe probe(Endpoint const& endpoint, TransportOptions const& options, std::stop_token const& stop)
{
    Route const route{endpoint, options};
    WakeUp const wake_up;
    std::stop_callback const on_stop{stop, [&wake_up] { wake_up.ring(); }};
    Probe found{route.first_host(), {}, {}, {}};
    found.failure = failure_of([&] {
        Patience const patience{wake_up, stop, options.connect_timeout, "connection to " + endpoint.authority()};
        for (auto const& address : route.resolve_first_host(patience)) {
            auto const text = address.host().toString();
            if (std::ranges::find(found.addresses, text) == found.addresses.end()) {
                found.addresses.push_back(text);
            }
        }
        found.certificate_expires = route.open(patience).certificate_expires();
    });
    return found;
}

} // namespace backfill::http
