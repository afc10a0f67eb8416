#pragma once

#include "support/simulator.hpp"

#include <Poco/JSON/Object.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/StreamSocket.h>

#include <string>

namespace backfill::test {

/// A conversation "c" with messages m1 (the newest) to m<count>, and an empty one, "empty".
Conversations numbered(int count);

std::string path_of(int page, int items = 50, std::string const& id = "c");

/// Asks a simulator over one kept connection. Looks at nothing but what arrived: a cut body passes.
class SimulatorClient {
public:
    explicit SimulatorClient(Simulator const& simulator, std::string token = "test-token");

    std::string get(std::string const& path, std::string const& method = "GET");
    int status(std::string const& path);
    std::string header(std::string const& name) const { return response.get(name, ""); }

    Poco::Net::HTTPResponse response; ///< the last one

private:
    Poco::Net::HTTPClientSession session_;
    std::string token_;
};

/// For what lies below HTTP.
Poco::Net::StreamSocket ask_raw(Simulator const& simulator, std::string const& path = path_of(1));
/// All bytes until the server closes.
std::string read_all(Poco::Net::StreamSocket socket);
std::string after_header(std::string const& answer);

Poco::JSON::Object::Ptr parsed(std::string const& body);
/// "m1 m2 m3"
std::string ids(std::string const& body);
std::string link_of(std::string const& body, std::string const& key = "href");
bool has(std::string const& text, std::string const& needle);

Switches with(Fault fault);
Fault of_kind(FaultKind kind); ///< always

} // namespace backfill::test
