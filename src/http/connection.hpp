#pragma once

#include "http/patience.hpp"

#include <Poco/Net/Context.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace backfill::http {

/// One TCP connection, with or without TLS, on Poco's non-blocking sockets: every wait is the caller's Patience.
/// Everything throws TransportError.
class Connection {
public:
    /// Connects to the first address that answers. Each gets an equal share of the time left, so that one that drops
    /// packets does not use up the others'.
    static Connection open(std::vector<Poco::Net::SocketAddress> const& addresses, Patience const& patience);

    /// Shakes hands as a client. The context checks the certificate and its name (tls_context.hpp) before anything can
    /// be sent. After a timeout the handshake may go on.
    void start_tls(Poco::Net::Context::Ptr const& context, std::string const& host, Patience const& patience);
    void go_on_with_tls(std::string const& host, Patience const& patience);

    void write(std::string_view bytes, Patience const& patience);

    /// Waits for at least one byte and returns how many came; 0 when the peer ended the stream (over TLS: by
    /// close_notify). A reset, or over TLS an end without close_notify, is TransportError (closed).
    std::size_t read(std::span<char> room, Patience const& patience);

    /// Whether an idle connection can carry another request: the peer has neither closed it nor sent anything.
    bool is_quiet();

    /// When the server's certificate expires; nothing without TLS.
    std::optional<std::chrono::system_clock::time_point> certificate_expires() const;

private:
    explicit Connection(Poco::Net::StreamSocket const& socket) : socket_{socket} {}

    int receive(std::span<char> room);
    int descriptor() const { return socket_.impl()->sockfd(); }

    Poco::Net::StreamSocket socket_;
};

/// Of a port that answers a handshake with something else.
inline constexpr auto* kSpeaksNoTls = "the port speaks no TLS; if it is plain http, give http:// in place of https://";

} // namespace backfill::http
