#pragma once

#include "support/simulator_wire.hpp"

#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/ThreadPool.h>

#include <cstdint>
#include <functional>
#include <memory>

namespace backfill::test {

/// Answers one request on its socket; response's getKeepAlive() says afterwards whether the connection lives on.
using Handle = std::function<void(Poco::Net::HTTPServerRequestImpl&, Poco::Net::HTTPServerResponse&)>;

/// A server on 127.0.0.1 whose every byte of an answer is in the hands of `handle`. Each kept connection holds a
/// thread; 128 at most. Port 0 = a free one; Poco::Exception when the port is taken.
class LoopbackServer {
public:
    explicit LoopbackServer(std::uint16_t port);
    ~LoopbackServer(); ///< stops
    LoopbackServer(LoopbackServer const&) = delete;
    LoopbackServer& operator=(LoopbackServer const&) = delete;

    /// Serves from now on. What `handle` uses must outlive stop().
    void start(Handle handle);
    /// Ends hanging and dripping answers at once, and returns when no thread serves any more.
    void stop();

    std::uint16_t port() const { return socket_.address().port(); }
    Naps& naps() { return naps_; }

private:
    Naps naps_;
    Poco::Net::ServerSocket socket_;
    Poco::ThreadPool threads_;
    std::unique_ptr<Poco::Net::TCPServer> tcp_;
};

} // namespace backfill::test
