#pragma once

#include "support/simulator_wire.hpp"

#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/TCPServerConnectionFactory.h>

#include <functional>

namespace backfill::test {

/// Answers one request on its socket; response's getKeepAlive() says afterwards whether the connection lives on.
using Handle = std::function<void(Poco::Net::HTTPServerRequestImpl&, Poco::Net::HTTPServerResponse&)>;

/// Connections that hand each request to `handle` and end when `naps` do. Poco's HTTPServer reads requests the same
/// way, but shuts sockets down from another thread to stop, and waits up to a minute where that misses one.
class ConnectionFactory : public Poco::Net::TCPServerConnectionFactory {
public:
    ConnectionFactory(Handle handle, Naps& naps);

    Poco::Net::TCPServerConnection* createConnection(Poco::Net::StreamSocket const& socket) override;

private:
    Handle const handle_;
    Naps& naps_;
};

} // namespace backfill::test
