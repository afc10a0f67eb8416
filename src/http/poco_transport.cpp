#include "backfill/http/poco_transport.hpp"

#include "http/answer.hpp"
#include "http/connection.hpp"
#include "http/patience.hpp"
#include "http/request_text.hpp"
#include "http/tls_context.hpp"

#include <Poco/Exception.h>

#include <optional>
#include <system_error>
#include <utility>

namespace backfill::http {

using Kind = TransportError::Kind;

namespace {

class PocoTransport final : public Transport {
public:
    PocoTransport(Endpoint const& endpoint, TransportOptions const& options) : endpoint_{endpoint}, options_{options}
    {
        // Not for nothing: reading the system's roots takes a while. A ca_file is always looked at, to be told early.
        if (endpoint.scheme == Endpoint::Scheme::https || !options.ca_file.empty()) {
            tls_ = tls_context_for(endpoint.host, options.ca_file);
        }
    }

    Outcome send(Request const& request, std::stop_token const& stop) override
    {
        wake_up_.silence();
        std::stop_callback const on_stop{stop, [this] { wake_up_.ring(); }};
        Patience const patience{wake_up_, stop, options_.request_timeout, "whole answer"};
        try {
            return exchange(request_text(endpoint_, request, plain_proxy()), patience);
        } catch (Fault const& fault) {
            return TransportError{fault.kind(), fault.what()};
        } catch (Poco::Exception const& error) {
            return TransportError{Kind::connect, error.displayText()}; // e.g. no file descriptor left
        } catch (std::system_error const& error) {
            return TransportError{Kind::connect, error.what()};
        }
    }

private:
    Reply exchange(std::string const& text, Patience const& patience)
    {
        // The connection goes back to idle_ only after a whole answer: whatever throws on the way closes it.
        auto connection = idle_or_new(patience);
        bool sent = true;
        try {
            connection.write(text, patience);
        } catch (Fault const& fault) {
            // A server may refuse a large body before it has read it all (413): then its answer counts.
            if (fault.kind() != Kind::closed) {
                throw;
            }
            sent = false;
        }
        AnswerReader answer{connection, patience, options_.max_body_bytes, buffer_};
        auto reply = answer.read_reply();
        if (auto const* const proxy = plain_proxy(); proxy != nullptr && reply.status == 407) {
            throw Fault{Kind::connect, name(*proxy) + ": HTTP 407"};
        }
        if (sent && answer.connection_is_reusable()) {
            idle_ = connection;
        }
        return reply;
    }

    Connection idle_or_new(Patience const& patience)
    {
        if (auto idle = std::exchange(idle_, std::nullopt); idle && idle->is_quiet()) {
            return *idle;
        }
        return connect(patience.at_most(options_.connect_timeout, "connection to " + endpoint_.authority()));
    }

    Connection connect(Patience const& patience) const
    {
        auto connection = options_.proxy ? by_way_of(*options_.proxy, patience)
                                         : Connection::open(resolve(endpoint_.host, endpoint_.port), patience);
        if (endpoint_.scheme == Endpoint::Scheme::https) {
            connection.start_tls(tls_->poco, endpoint_.host, patience);
        }
        return connection;
    }

    Connection by_way_of(Proxy const& proxy, Patience const& patience) const
    {
        try {
            auto connection = Connection::open(resolve(proxy.host, proxy.port), patience);
            if (endpoint_.scheme == Endpoint::Scheme::https) {
                open_tunnel(connection, proxy, patience);
            }
            return connection;
        } catch (Fault const& fault) {
            // Whatever goes wrong there, it is the way to the server that is broken, not the server.
            bool const keeps_kind =
                fault.kind() == Kind::stopped || fault.kind() == Kind::timeout || fault.kind() == Kind::resolve;
            throw Fault{keeps_kind ? fault.kind() : Kind::connect, name(proxy) + ": " + fault.what()};
        }
    }

    void open_tunnel(Connection& connection, Proxy const& proxy, Patience const& patience) const
    {
        connection.write(tunnel_text(endpoint_, proxy), patience);
        AnswerReader answer{connection, patience, 0, buffer_};
        auto const status = answer.read_head().status;
        if (status / 100 != 2) {
            throw Fault{Kind::connect, "refused the tunnel: HTTP " + std::to_string(status)};
        }
        if (answer.has_left_over()) {
            throw Fault{Kind::protocol, "sent bytes of its own into the tunnel"};
        }
    }

    /// The proxy that a request itself goes to, instead of through a tunnel.
    Proxy const* plain_proxy() const
    {
        return options_.proxy && endpoint_.scheme == Endpoint::Scheme::http ? &*options_.proxy : nullptr;
    }

    static std::string name(Proxy const& proxy) { return "proxy " + proxy.host + ":" + std::to_string(proxy.port); }

    Endpoint const endpoint_;
    TransportOptions const options_;
    std::shared_ptr<TlsContext const> tls_;
    WakeUp const wake_up_;
    std::optional<Connection> idle_;
    mutable std::vector<char> buffer_;
};

} // namespace

std::unique_ptr<Transport> make_poco_transport(Endpoint const& endpoint, TransportOptions const& options)
{
    return std::make_unique<PocoTransport>(endpoint, options);
}

} // namespace backfill::http
