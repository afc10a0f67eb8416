#include "support/simulator_connection.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerResponseImpl.h>
#include <Poco/Net/HTTPServerSession.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/SocketImpl.h>
#include <Poco/Net/TCPServerConnection.h>
#include <Poco/Net/TCPServerConnectionFactory.h>
#include <Poco/Net/TCPServerParams.h>

#include <utility>

namespace backfill::test {
namespace {

using Poco::Net::HTTPServerParams;

// A kept connection holds a thread: room for 64 clients, and again as many whose old connections are not closed yet.
constexpr int kMostConnections = 128;

Poco::Net::TCPServerParams::Ptr server_params()
{
    Poco::Net::TCPServerParams::Ptr params{new Poco::Net::TCPServerParams};
    params->setMaxThreads(kMostConnections);
    params->setMaxQueued(1024);
    return params;
}

Poco::Net::ServerSocket listen_on(std::uint16_t port)
{
    Poco::Net::ServerSocket socket;
    // SO_REUSEPORT, which Poco adds unless told, would let two servers share a port in silence.
    socket.bind(Poco::Net::SocketAddress{"127.0.0.1", port}, /*reuseAddress*/ true, /*reusePort*/ false);
    socket.listen(1024);
    return socket;
}

class KeptConnection : public Poco::Net::TCPServerConnection {
public:
    KeptConnection(Poco::Net::StreamSocket const& socket, Handle const& handle, Naps& naps)
        : TCPServerConnection{socket}, handle_{handle}, naps_{naps}
    {
    }

    void run() override
    {
        HTTPServerParams::Ptr params{new HTTPServerParams};
        params->setTimeout(Poco::Timespan{2, 0}); // for the rest of a request that has begun
        try {
            Poco::Net::HTTPServerSession session{socket(), params};
            for (auto keep = true; keep && naps_.wait_readable(socket());) {
                Poco::Net::HTTPServerResponseImpl response{session};
                Poco::Net::HTTPServerRequestImpl request{response, session, params.get()};
                response.setVersion(request.getVersion());
                response.setKeepAlive(request.getKeepAlive());
                handle_(request, response);
                keep = response.getKeepAlive();
            }
        } catch (Poco::Exception const&) {
            // The client closed, or sent no HTTP: nobody to tell.
        }
    }

private:
    Handle const& handle_;
    Naps& naps_;
};

/// Poco's HTTPServer reads requests the same way, but shuts sockets down from another thread to stop, and waits up to a
/// minute where that misses one.
class ConnectionFactory : public Poco::Net::TCPServerConnectionFactory {
public:
    ConnectionFactory(Handle handle, Naps& naps) : handle_{std::move(handle)}, naps_{naps} {}

    Poco::Net::TCPServerConnection* createConnection(Poco::Net::StreamSocket const& socket) override
    {
        return new KeptConnection{socket, handle_, naps_};
    }

private:
    Handle const handle_;
    Naps& naps_;
};

} // namespace

LoopbackServer::LoopbackServer(std::uint16_t port) : socket_{listen_on(port)}, threads_{2, kMostConnections} {}

LoopbackServer::~LoopbackServer()
{
    stop();
}

void LoopbackServer::start(Handle handle)
{
    tcp_ = std::make_unique<Poco::Net::TCPServer>(
        new ConnectionFactory{std::move(handle), naps_}, threads_, socket_, server_params());
    tcp_->start();
}

void LoopbackServer::stop()
{
    if (!tcp_) {
        return;
    }
    naps_.end();
    // Poco looks whether it shall stop every 250 ms only; a listening socket that is shut down wakes it.
    socket_.impl()->shutdownReceive();
    tcp_->stop();
    threads_.joinAll();
    tcp_.reset();
}

} // namespace backfill::test
