#pragma once

#include "http/patience.hpp"

#include <Poco/Net/Context.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace backfill::http {

/// One TCP connection, with or without TLS: Poco's sockets, never blocking, every wait on the caller's Patience.
/// Everything throws CallFailure.
class Connection {
public:
    /// Connects to the first address that answers. Each has an equal share of the time that is left, so that one that
    /// drops packets does not cost the others their chance.
    static Connection open(std::vector<Poco::Net::SocketAddress> const& addresses, Patience const& patience);

    /// Shakes hands as a client. The certificate and the name in it are checked by the context (see tls_context.hpp);
    /// nothing can be sent before it passed.
    void start_tls(Poco::Net::Context::Ptr const& context, std::string const& host, Patience const& patience);

    void write(std::string_view bytes, Patience const& patience);

    /// Waits for at least one byte and returns how many there are; 0 when the peer has ended the stream (over TLS: with
    /// its close_notify). A reset, and over TLS a stream that just ends, is CallFailure (closed).
    std::size_t read(std::span<char> room, Patience const& patience);

    /// True while an idle connection can carry another request: the peer has neither closed it nor sent anything.
    bool is_quiet();

    /// When the server's certificate ends; nothing without TLS.
    std::optional<std::chrono::system_clock::time_point> certificate_expires() const;

private:
    explicit Connection(Poco::Net::StreamSocket const& socket) : socket_{socket} {}

    int receive(std::span<char> room);
    int descriptor() const { return socket_.impl()->sockfd(); }

    Poco::Net::StreamSocket socket_;
};

} // namespace backfill::http
