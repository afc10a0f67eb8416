#include "backfill/http/probe.hpp"

#include "http/call_failure.hpp"
#include "http/patience.hpp"
#include "http/route.hpp"

#include <Poco/Exception.h>

#include <algorithm>

namespace backfill::http {

Probe probe(Endpoint const& endpoint, TransportOptions const& options, std::stop_token const& stop)
{
    Route const route{endpoint, options};
    WakeUp const wake_up;
    std::stop_callback const on_stop{stop, [&wake_up] { wake_up.ring(); }};
    Probe found{route.first_host(), {}, {}, {}};
    try {
        Patience const patience{wake_up, stop, options.connect_timeout, "connection to " + endpoint.authority()};
        for (auto const& address : route.resolve_first_host(patience)) {
            auto const text = address.host().toString();
            if (std::ranges::find(found.addresses, text) == found.addresses.end()) {
                found.addresses.push_back(text);
            }
        }
        std::vector<char> buffer;
        found.certificate_expires = route.open(patience, buffer).certificate_expires();
    } catch (CallFailure const& fault) {
        found.failure = TransportError{fault.kind(), fault.what()};
    } catch (Poco::Exception const& error) {
        found.failure = TransportError{TransportError::Kind::connect, error.displayText()};
    }
    return found;
}

} // namespace backfill::http
