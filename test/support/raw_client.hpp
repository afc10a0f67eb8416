#pragma once

#include <cstdint>
#include <string>

namespace backfill::test {

/// Every byte that a server on loopback answers one request with, until it closes. A bearer token as the simulator
/// wants it; with a body it is a POST. Throws Poco::Net::ConnectionResetException on RST.
std::string raw_answer(std::uint16_t port, std::string const& target, std::string const& body = {},
    std::string const& connection = "close");

std::string body_of(std::string const& answer);

/// "200", or "" when no byte came.
std::string status_of(std::string const& answer);

} // namespace backfill::test
