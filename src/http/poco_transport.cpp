#include "backfill/http/poco_transport.hpp"

#include "http/answer.hpp"
#include "http/call_failure.hpp"
#include "http/patience.hpp"
#include "http/request_text.hpp"
#include "http/route.hpp"

#include <Poco/Exception.h>

#include <optional>
#include <system_error>
#include <utility>

namespace backfill::http {

using Kind = TransportError::Kind;

namespace {

class PocoTransport final : public Transport {
public:
    PocoTransport(Endpoint const& endpoint, TransportOptions const& options) : route_{endpoint, options} {}

    Outcome send(Request const& request, std::stop_token const& stop) override
    {
        wake_up_.silence();
        std::stop_callback const on_stop{stop, [this] { wake_up_.ring(); }};
        Patience const patience{wake_up_, stop, route_.options().request_timeout, "whole answer"};
        try {
            return exchange(request_text(route_.endpoint(), request, route_.plain_proxy()), patience);
        } catch (CallFailure const& fault) {
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
        // Only a whole answer puts the connection back into idle_: an exception closes it.
        auto connection = idle_or_new(patience);
        bool sent = true;
        try {
            connection.write(text, patience);
        } catch (CallFailure const& fault) {
            // A server may refuse a large body before it has read all of it (413): its answer counts.
            if (fault.kind() != Kind::closed) {
                throw;
            }
            sent = false;
        }
        AnswerReader answer{connection, patience, route_.options().max_body_bytes, buffer_};
        auto reply = answer.read_reply();
        if (auto const* const proxy = route_.plain_proxy(); proxy != nullptr && reply.status == 407) {
            throw CallFailure{Kind::connect, name_of(*proxy) + ": HTTP 407"};
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
        auto const limit = route_.options().connect_timeout;
        return route_.open(patience.at_most(limit, "connection to " + route_.endpoint().authority()), buffer_);
    }

    Route const route_;
    WakeUp const wake_up_;
    std::optional<Connection> idle_;
    std::vector<char> buffer_;
};

} // namespace

std::unique_ptr<Transport> make_poco_transport(Endpoint const& endpoint, TransportOptions const& options)
{
    return std::make_unique<PocoTransport>(endpoint, options);
}

} // namespace backfill::http
