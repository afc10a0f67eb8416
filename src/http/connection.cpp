#include "http/connection.hpp"

#include "http/resolver.hpp"
#include "http/tls_context.hpp"

#include <Poco/Net/NetException.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <openssl/err.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <sys/socket.h>
#include <system_error>

namespace backfill::http {

using Kind = TransportError::Kind;
using Poco::Net::SecureStreamSocket;

namespace {

bool would_block(int result)
{
    return result < 0; // -1: reading (or any, without TLS); ERR_SSL_WANT_WRITE: writing
}

Patience::For direction(int result, Patience::For usual)
{
    return result == SecureStreamSocket::ERR_SSL_WANT_READ ? Patience::For::reading
        : result == SecureStreamSocket::ERR_SSL_WANT_WRITE ? Patience::For::writing
                                                           : usual;
}

Poco::Net::StreamSocket connected(Poco::Net::SocketAddress const& address, Patience const& patience)
{
    auto const refused = [&address](std::string const& why) {
        return TransportError{Kind::connect, address.toString() + ": " + why};
    };
    Poco::Net::StreamSocket socket;
    try {
        socket.connectNB(address);
        patience.wait(socket.impl()->sockfd(), Patience::For::writing);
        if (auto const error = socket.impl()->socketError(); error != 0) {
            throw refused(std::generic_category().message(error));
        }
        socket.setNoDelay(true); // a request is one write, so there is nothing to wait for
    } catch (Poco::Exception const& error) {
        throw refused(error.displayText());
    }
    return socket;
}

} // namespace

Connection Connection::open(std::vector<Poco::Net::SocketAddress> const& addresses, Patience const& patience)
{
    for (std::size_t i = 0;; ++i) {
        auto const share = patience.left() / static_cast<int>(addresses.size() - i);
        try {
            return Connection{connected(addresses[i], patience.at_most(share, "connection"))};
        } catch (TransportError const& fault) {
            if (fault.kind == Kind::stopped || i + 1 == addresses.size()) {
                throw;
            }
            patience.check();
        }
    }
}

void Connection::start_tls(Poco::Net::Context::Ptr const& context, std::string const& host, Patience const& patience)
{
    try {
        auto secure = is_address(host) ? SecureStreamSocket::attach(socket_, context) // RFC 6066: no address as SNI
                                       : SecureStreamSocket::attach(socket_, host, context);
        socket_ = secure;
    } catch (Poco::Exception const& error) {
        throw TransportError{Kind::closed, "before the TLS handshake: " + error.displayText()};
    }
    go_on_with_tls(host, patience);
}

void Connection::go_on_with_tls(std::string const& host, Patience const& patience)
{
    try {
        SecureStreamSocket secure{socket_};
        while (true) {
            patience.check();
            ERR_clear_error(); // here and below: OpenSSL would take this thread's earlier errors for this call's
            forget_refusal();
            auto const result = secure.completeHandshake();
            if (result > 0) {
                return;
            }
            if (result == 0) {
                throw TransportError{Kind::closed, "during the TLS handshake"};
            }
            patience.wait(descriptor(), direction(result, Patience::For::reading));
        }
    } catch (Poco::Net::SSLConnectionUnexpectedlyClosedException const&) {
        throw TransportError{Kind::closed, "during the TLS handshake"};
    } catch (Poco::Net::SSLException const& error) {
        // OpenSSL 3 reports a missing close_notify as an SSL error: nothing was refused.
        if (error.message().find("unexpected eof") != std::string::npos) {
            throw TransportError{Kind::closed, "during the TLS handshake"};
        }
        if (error.message().find("wrong version number") != std::string::npos) { // of what should be a TLS record
            throw TransportError{Kind::tls, kSpeaksNoTls};
        }
        auto const refusal = last_refusal();
        throw TransportError{
            Kind::tls, refusal.empty() ? error.displayText() : "certificate of " + host + " refused: " + refusal};
    } catch (Poco::Exception const& error) {
        throw TransportError{Kind::closed, "during the TLS handshake: " + error.displayText()};
    }
}

void Connection::write(std::string_view bytes, Patience const& patience)
{
    while (!bytes.empty()) {
        patience.check();
        auto const length = static_cast<int>(std::min<std::size_t>(bytes.size(), std::numeric_limits<int>::max()));
        try {
            ERR_clear_error();
            auto const sent = socket_.sendBytes(bytes.data(), length);
            if (would_block(sent)) {
                patience.wait(descriptor(), direction(sent, Patience::For::writing));
            } else {
                bytes.remove_prefix(static_cast<std::size_t>(sent));
            }
        } catch (Poco::Exception const& error) {
            if (error.code() != EAGAIN) {
                throw TransportError{Kind::closed, "while sending: " + error.displayText()};
            }
            patience.wait(descriptor(), Patience::For::writing);
        }
    }
}

std::size_t Connection::read(std::span<char> room, Patience const& patience)
{
    // Waits first: an answer is seldom there at once. Not with TLS, which may hold bytes that poll(2) does not see.
    if (!socket_.secure()) {
        patience.wait(descriptor(), Patience::For::reading);
    }
    while (true) {
        patience.check();
        try {
            auto const got = receive(room);
            if (!would_block(got)) {
                return static_cast<std::size_t>(got);
            }
            patience.wait(descriptor(), direction(got, Patience::For::reading));
        } catch (Poco::Exception const& error) {
            throw TransportError{Kind::closed, error.displayText()};
        }
    }
}

bool Connection::is_quiet()
{
    // Reads, because poll(2) would report a TLS session ticket too, and not see bytes that OpenSSL has already read.
    try {
        char byte = 0;
        return would_block(receive({&byte, 1}));
    } catch (Poco::Exception const&) {
        return false;
    }
}

std::optional<std::chrono::system_clock::time_point> Connection::certificate_expires() const
{
    if (!socket_.secure()) {
        return std::nullopt;
    }
    auto const moment = SecureStreamSocket{socket_}.peerCertificate().expiresOn().timestamp().epochTime();
    return std::chrono::system_clock::from_time_t(moment);
}

int Connection::receive(std::span<char> room)
{
    ERR_clear_error();
    return socket_.receiveBytes(room.data(), static_cast<int>(room.size()));
}

} // namespace backfill::http
