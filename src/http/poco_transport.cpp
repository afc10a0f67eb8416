#include "backfill/http/poco_transport.hpp"

#include "http/answer.hpp"
#include "http/request_text.hpp"
#include "http/route.hpp"

#include <Poco/Exception.h>

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

namespace backfill::http {

using Kind = TransportError::Kind;

namespace {

/// A connection that was in use so shortly before is not looked at again before a GET, which saves a system call.
constexpr std::chrono::milliseconds kSurelyOpen{100};

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
        auto reply = read_reply(answer);
        route_.expect_from_server(reply);
        if (sent && answer.connection_is_reusable()) {
            idle_ = connection;
            idle_since_ = std::chrono::steady_clock::now();
        }
        return reply;
    }

    /// A server that has never answered in plain http may close a connection since it expects TLS.
    Reply read_reply(AnswerReader& answer)
    {
        try {
            auto reply = answer.read_reply();
            has_answered_ = true;
            return reply;
        } catch (TransportError& fault) {
            if (fault.kind == Kind::closed && !has_answered_ && !route_.is_https()) {
                fault.detail += "; does the port want TLS (https://)?";
            }
            throw;
        }
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
    bool has_answered_ = false;
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
