#pragma once

#include "http/patience.hpp"

#include <Poco/Net/SocketAddress.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace backfill::http {

using Addresses = std::vector<Poco::Net::SocketAddress>;

/// All addresses of a name, in the resolver's order. Throws TransportError (resolve, or as Patience does).
/// getaddrinfo(3) has no deadline and can hang for half a minute, so it runs in a thread of its own, which is left
/// behind when the patience ends.
Addresses resolve(std::string const& host, std::uint16_t port, Patience const& patience);

/// The same with another look-up, for tests; it may throw TransportError.
Addresses resolve_by(std::function<Addresses()> look_up, std::string const& host, Patience const& patience);

bool is_address(std::string const& host);

} // namespace backfill::http
