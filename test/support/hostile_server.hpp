#pragma once

#include "support/throwaway_ca.hpp"

#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <openssl/ssl.h>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace backfill::test {

class HostileServer;

/// One connection of a HostileServer, as its script sees it. Nothing here throws or asserts: after the client has gone,
/// or after the server's patience without a byte, everything just fails, so that no script outlives its test.
class Peer {
public:
    Peer(HostileServer& server, int descriptor, int number);
    Peer(Peer const&) = delete;
    Peer& operator=(Peer const&) = delete;
    ~Peer();

    int number() const { return number_; } ///< 1 for the server's first connection

    /// The rest of this connection is TLS, once this returned true.
    bool shake_hands(Identity const& identity, int highest_version = TLS1_3_VERSION);

    /// One request, with the body that its Content-Length announces; "" when there is none.
    std::string next_request();
    /// The same, and the server remembers it.
    std::string read_request();

    bool send(std::string_view bytes);
    void send_session_ticket();

    void close(); ///< in good order; over TLS with close_notify
    void cut();   ///< the stream just ends: over TLS without close_notify
    void reset(); ///< RST

    void wait_for_bytes();   ///< or for the client to go; takes none of them
    void wait_for_hang_up(); ///< reads and forgets until the client has gone

    /// Returns false when it was cut short, because the server ends.
    bool nap(std::chrono::milliseconds time);

private:
    friend class HostileServer;
    enum class Manner { orderly, abrupt };
    long read_some(char* room, std::size_t size);
    void end(Manner manner);

    HostileServer& server_;
    int descriptor_;
    int number_;
    std::string unread_;
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_{nullptr, &SSL_CTX_free};
    std::unique_ptr<SSL, decltype(&SSL_free)> tls_{nullptr, &SSL_free};
};

/// A server on loopback that runs a script, byte by byte, on each connection in a thread of its own. What it saw can be
/// asked at any time, from the test's own thread.
class HostileServer {
public:
    using Script = std::function<void(Peer&)>;
    enum class Family { ipv4, ipv6 };

    /// A `patience` of 0 has no end.
    explicit HostileServer(
        Script script, Family family = Family::ipv4, std::chrono::seconds patience = std::chrono::seconds{5});
    HostileServer(HostileServer const&) = delete;
    HostileServer& operator=(HostileServer const&) = delete;
    ~HostileServer(); ///< cuts all connections and waits for their scripts

    std::uint16_t port() const { return port_; }
    int connections() const;
    std::vector<std::string> requests() const; ///< as received, in the order of their arrival

    /// Both wait, at most five seconds.
    void wait_for_connections(int count) const;
    void wait_for_ended_scripts(int count) const;

    /// Waits until a script calls it with the same word, and the other way round.
    void signal(std::string const& word);
    void wait_for(std::string const& word) const;

private:
    friend class Peer;
    void accept_all();
    void serve(int descriptor, int number);
    void remember(std::string request);
    void close_descriptor(int descriptor);

    Script const script_;
    std::chrono::seconds const patience_;
    int listener_;
    std::uint16_t port_ = 0;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<int> open_;
    std::vector<std::string> requests_;
    std::vector<std::string> signals_;
    int connections_ = 0;
    int ended_ = 0;
    bool ending_ = false;
    std::list<std::jthread> scripts_;
    std::set<std::thread::id> ended_ids_; ///< of threads in `scripts_`, which the next connection clears away
    std::jthread acceptor_;
};

/// Answers every request of a connection with the same text.
HostileServer::Script always(std::string text);

/// A loopback port where nobody listens.
inline std::uint16_t closed_port()
{
    return Poco::Net::ServerSocket{Poco::Net::SocketAddress{"127.0.0.1", 0}}.address().port();
}

/// A loopback port whose queue is full, so that connecting hangs.
class HangingPort {
public:
    HangingPort()
    {
        // The queue takes the first; the kernel drops the SYNs of all that come after it.
        for (auto& filler : fillers_) {
            filler.connectNB(listener_.address());
        }
    }
    std::uint16_t port() const { return listener_.address().port(); }

private:
    Poco::Net::ServerSocket listener_{Poco::Net::SocketAddress{"127.0.0.1", 0}, /*backlog*/ 0};
    std::array<Poco::Net::StreamSocket, 4> fillers_;
};

} // namespace backfill::test
