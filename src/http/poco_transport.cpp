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
        auto connection = idle_ && idle_->is_quiet() ? *std::exchange(idle_, std::nullopt) : connect(patience);
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
        AnswerReader answer{connection, patience, options_.max_body_bytes};
        auto reply = answer.read_reply();
        if (reply.status == 407 && plain_proxy() != nullptr) {
            throw Fault{Kind::connect, "proxy " + proxy_name() + ": HTTP 407"};
        }
        if (sent && answer.connection_is_reusable()) {
            idle_ = std::move(connection);
        }
        return reply;
    }

    Connection connect(Patience const& whole_call)
    {
        idle_.reset();
        auto const patience = whole_call.at_most(options_.connect_timeout, "connection to " + endpoint_.authority());
        auto connection = options_.proxy ? connect_to_proxy(patience)
                                         : Connection::open(resolve(endpoint_.host, endpoint_.port), patience);
        if (endpoint_.scheme == Endpoint::Scheme::https) {
            if (options_.proxy) {
                open_tunnel(connection, patience);
            }
            connection.start_tls(tls_->poco, endpoint_.host, patience);
        }
        return connection;
    }

    Connection connect_to_proxy(Patience const& patience) const
    {
        try {
            return Connection::open(resolve(options_.proxy->host, options_.proxy->port), patience);
        } catch (Fault const& fault) {
            throw about_proxy(fault);
        }
    }

    void open_tunnel(Connection& connection, Patience const& patience) const
    {
        try {
            connection.write(tunnel_text(endpoint_, *options_.proxy), patience);
            AnswerReader answer{connection, patience, 0};
            auto const status = answer.read_head().status;
            if (status / 100 != 2) {
                throw Fault{Kind::connect, "refused the tunnel: HTTP " + std::to_string(status)};
            }
            if (answer.has_left_over()) {
                throw Fault{Kind::protocol, "sent bytes of its own into the tunnel"};
            }
        } catch (Fault const& fault) {
            throw about_proxy(fault);
        }
    }

    Fault about_proxy(Fault const& fault) const
    {
        if (fault.kind() == Kind::stopped) {
            return fault;
        }
        // Whatever goes wrong there, it is the way to the server that is broken, not the server.
        auto const kind = fault.kind() == Kind::timeout || fault.kind() == Kind::resolve ? fault.kind() : Kind::connect;
        return Fault{kind, "proxy " + proxy_name() + ": " + fault.what()};
    }

    std::string proxy_name() const { return options_.proxy->host + ":" + std::to_string(options_.proxy->port); }

    Proxy const* plain_proxy() const
    {
        return options_.proxy && endpoint_.scheme == Endpoint::Scheme::http ? &*options_.proxy : nullptr;
    }

    Endpoint const endpoint_;
    TransportOptions const options_;
    std::shared_ptr<TlsContext const> tls_;
    WakeUp const wake_up_;
    std::optional<Connection> idle_;
};

} // namespace

std::unique_ptr<Transport> make_poco_transport(Endpoint const& endpoint, TransportOptions const& options)
{
    return std::make_unique<PocoTransport>(endpoint, options);
}

} // namespace backfill::http
