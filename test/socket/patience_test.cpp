#include "talk.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <ctime>
#include <pthread.h>
#include <thread>

using namespace backfill::http;
using namespace backfill::test;
using namespace std::chrono_literals;

namespace {

/// Sends slowly, 10 ms a byte, so that every single wait is short and the whole takes too long.
HostileServer::Script drip(std::string text)
{
    return [text = std::move(text)](Peer& peer) {
        peer.read_request();
        for (auto const byte : text) {
            if (!peer.send({&byte, 1})) {
                return;
            }
            std::this_thread::sleep_for(10ms);
        }
        peer.wait_for_hang_up();
    };
}

void never_answer(Peer& peer)
{
    peer.wait_for_hang_up();
}

std::chrono::nanoseconds cpu_of_this_thread()
{
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
}

/// Requests a stop once `ready` has returned.
class Stopper {
public:
    template <typename Ready>
    explicit Stopper(Ready ready)
        : thread_{[this, ready] {
              ready();
              source_.request_stop();
          }}
    {
    }
    std::stop_token token() const { return source_.get_token(); }

private:
    std::stop_source source_;
    std::jthread thread_;
};

} // namespace

TEST_CASE("a server that never answers costs no more than the request timeout")
{
    HostileServer const server{never_answer};
    auto const transport = transport_to(server, options_within(100ms));
    auto const outcome = get(*transport);
    REQUIRE(ending(outcome) == "timeout");
    REQUIRE(detail(outcome) == "no whole answer within 100 ms");
}

TEST_CASE("a server that sends now and then one byte cannot stretch the request timeout")
{
    auto const text = GENERATE(as<std::string>{}, "HTTP/1.1 200 OK\r\nX: " + std::string(200, 'x'),
        answer(std::string(200, 'x')), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(200, '0'),
        "HTTP/1.0 200 OK\r\n\r\n" + std::string(200, 'x'));
    HostileServer const server{drip(text)};
    auto const transport = transport_to(server, options_within(150ms));
    REQUIRE(ending(get(*transport)) == "timeout");
}

TEST_CASE("a server that stalls inside the body is a timeout and not a short body")
{
    HostileServer const server{[](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
        peer.wait_for_hang_up();
    }};
    auto const transport = transport_to(server, options_within(100ms));
    REQUIRE(ending(get(*transport)) == "timeout");
}

TEST_CASE("a server that does not read a large body costs no more than the request timeout")
{
    HostileServer server{[&server](Peer&) { server.wait_for("end"); }};
    auto const transport = transport_to(server, options_within(100ms));
    REQUIRE(ending(post(*transport, std::string(32U << 20U, 'x'))) == "timeout");
    server.signal("end");
}

TEST_CASE("connecting ends at the connect timeout, long before the request timeout")
{
    HangingPort const hanging;
    auto options = options_within(kNeverReached);
    options.connect_timeout = 100ms;
    auto const transport = make_poco_transport({Endpoint::Scheme::http, "127.0.0.1", hanging.port(), ""}, options);
    auto const outcome = get(*transport);
    REQUIRE(ending(outcome) == "timeout");
    REQUIRE(detail(outcome) == "no connection to 127.0.0.1:" + std::to_string(hanging.port()) + " within 100 ms");
}

TEST_CASE("the connect timeout covers the TLS handshake")
{
    HostileServer const server{never_answer};
    ThrowawayCa const ca;
    auto options = options_within(kNeverReached);
    options.connect_timeout = 100ms;
    auto const transport = secure_transport_to(server, ca, options);
    auto const outcome = get(*transport);
    REQUIRE(ending(outcome) == "timeout");
    REQUIRE(detail(outcome) == "no connection to localhost:" + std::to_string(server.port()) + " within 100 ms");
}

TEST_CASE("the request timeout covers connecting")
{
    HangingPort const hanging;
    auto const transport =
        make_poco_transport({Endpoint::Scheme::http, "127.0.0.1", hanging.port(), ""}, options_within(100ms));
    REQUIRE(ending(get(*transport)) == "timeout");
}

TEST_CASE("a stop that was requested before the call sends nothing")
{
    HostileServer const server{always(answer("ok"))};
    auto const transport = transport_to(server);
    std::stop_source stop;
    stop.request_stop();
    REQUIRE(ending(get(*transport, stop.get_token())) == "stopped");
    REQUIRE(server.requests().empty());
    SECTION("and the next call without a stop works")
    {
        REQUIRE(ending(get(*transport)) == "200 ok");
    }
}

TEST_CASE("a stop ends a call in any phase, long before its timeouts")
{
    SECTION("connecting")
    {
        HangingPort const hanging;
        auto const transport = make_poco_transport(
            {Endpoint::Scheme::http, "127.0.0.1", hanging.port(), ""}, options_within(kNeverReached));
        Stopper const stopper{[] { std::this_thread::sleep_for(20ms); }};
        REQUIRE(ending(get(*transport, stopper.token())) == "stopped");
    }
    SECTION("the TLS handshake")
    {
        HostileServer const server{never_answer};
        ThrowawayCa const ca;
        auto const transport = secure_transport_to(server, ca);
        Stopper const stopper{[&server] { server.wait_for_connections(1); }};
        REQUIRE(ending(get(*transport, stopper.token())) == "stopped");
    }
    SECTION("sending a large body")
    {
        HostileServer server{[&server](Peer&) { server.wait_for("end"); }};
        auto const transport = transport_to(server);
        Stopper const stopper{[&server] { server.wait_for_connections(1); }};
        REQUIRE(ending(post(*transport, std::string(32U << 20U, 'x'), stopper.token())) == "stopped");
        server.signal("end");
    }
    SECTION("waiting for the answer")
    {
        HostileServer server{[&server](Peer& peer) {
            peer.read_request();
            server.signal("read");
            peer.wait_for_hang_up();
        }};
        auto const transport = transport_to(server);
        Stopper const stopper{[&server] { server.wait_for("read"); }};
        REQUIRE(ending(get(*transport, stopper.token())) == "stopped");
    }
    SECTION("reading the body")
    {
        HostileServer server{[&server](Peer& peer) {
            peer.read_request();
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
            server.signal("sent");
            peer.wait_for_hang_up();
        }};
        auto const transport = transport_to(server);
        Stopper const stopper{[&server] { server.wait_for("sent"); }};
        REQUIRE(ending(get(*transport, stopper.token())) == "stopped");
    }
}

TEST_CASE("a signal in the middle of a call is not its end")
{
    struct sigaction count_for_nothing {};
    count_for_nothing.sa_handler = [](int) {};
    ::sigaction(SIGUSR1, &count_for_nothing, nullptr);
    auto const client = ::pthread_self();
    HostileServer const server{[client](Peer& peer) {
        peer.read_request();
        std::this_thread::sleep_for(20ms); // until the client waits
        ::pthread_kill(client, SIGUSR1);
        std::this_thread::sleep_for(20ms);
        peer.send(answer("ok"));
    }};
    auto const transport = transport_to(server);
    REQUIRE(ending(get(*transport)) == "200 ok");
}

TEST_CASE("waiting costs no CPU, also after a call that was stopped")
{
    HostileServer const server{never_answer};
    auto const transport = transport_to(server, options_within(100ms));
    std::stop_source stop;
    stop.request_stop();
    REQUIRE(ending(get(*transport, stop.get_token())) == "stopped");

    auto const before = cpu_of_this_thread();
    REQUIRE(ending(get(*transport)) == "timeout");
    REQUIRE(cpu_of_this_thread() - before < 50ms);
}
