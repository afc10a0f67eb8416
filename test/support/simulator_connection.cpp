#include "support/simulator_connection.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerResponseImpl.h>
#include <Poco/Net/HTTPServerSession.h>
#include <Poco/Net/TCPServerConnection.h>

#include <utility>

namespace backfill::test {
namespace {

using Poco::Net::HTTPServerParams;

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

} // namespace

ConnectionFactory::ConnectionFactory(Handle handle, Naps& naps) : handle_{std::move(handle)}, naps_{naps} {}

Poco::Net::TCPServerConnection* ConnectionFactory::createConnection(Poco::Net::StreamSocket const& socket)
{
    return new KeptConnection{socket, handle_, naps_};
}

} // namespace backfill::test
