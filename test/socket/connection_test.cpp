#include "http/connection.hpp"
#include "talk.hpp"

#include <catch2/catch.hpp>

#include <thread>

using namespace backfill::http;
using namespace backfill::test;
using namespace std::chrono_literals;

namespace {

Poco::Net::SocketAddress loopback(std::uint16_t port)
{
    return {"127.0.0.1", port};
}

} // namespace

TEST_CASE("many requests share one connection")
{
    HostileServer const server{always(answer("ok"))};
    auto const transport = transport_to(server);
    for (int i = 0; i < 20; ++i) {
        REQUIRE(ending(get(*transport)) == "200 ok");
        REQUIRE(ending(post(*transport, "body")) == "200 ok");
    }
    REQUIRE(server.connections() == 1);
}

TEST_CASE("nothing is connected before the first request")
{
    HostileServer const server{always(answer("ok"))};
    transport_to(server);
    REQUIRE(server.connections() == 0);
}

TEST_CASE("a connection that the server closed while it was idle is replaced without a word")
{
    HostileServer const server{once(answer("ok"))};
    auto const transport = transport_to(server);
    for (int i = 1; i <= 3; ++i) {
        REQUIRE(ending(post(*transport, std::string(1'000'000, 'x'))) == "200 ok");
        server.wait_for_ended_scripts(i);
    }
    REQUIRE(server.connections() == 3);
}

TEST_CASE("a connection that dies under a request before the answer is reported as closed")
{
    auto const manner = GENERATE(&Peer::cut, &Peer::reset);
    HostileServer const server{[manner](Peer& peer) {
        peer.read_request();
        peer.send(answer("ok"));
        peer.read_request();
        (peer.*manner)();
    }};
    auto const transport = transport_to(server);
    REQUIRE(ending(get(*transport)) == "200 ok");
    REQUIRE(ending(get(*transport)) == "closed");
    REQUIRE(ending(get(*transport)) == "200 ok");
}

TEST_CASE("a GET on a connection that the server closed a moment ago fails once, and may be tried again at once")
{
    HostileServer const server{once(answer("ok"))};
    auto const transport = transport_to(server);
    REQUIRE(ending(get(*transport)) == "200 ok");
    server.wait_for_ended_scripts(1);
    auto const outcome = get(*transport);
    REQUIRE(ending(outcome) == "closed");
    REQUIRE(std::get<TransportError>(outcome).on_kept_connection);
    for (int i = 2; i <= 5; ++i) { // that server is not trusted any more
        REQUIRE(ending(get(*transport)) == "200 ok");
        server.wait_for_ended_scripts(i);
    }
}

TEST_CASE("a POST looks first, and its connection is not one that the server may have closed before")
{
    HostileServer const server{[](Peer& peer) {
        peer.read_request();
        peer.send(answer("ok"));
        peer.read_request();
        peer.cut();
    }};
    auto const transport = transport_to(server);
    REQUIRE(ending(get(*transport)) == "200 ok");
    auto const outcome = post(*transport, "body");
    REQUIRE(ending(outcome) == "closed");
    REQUIRE_FALSE(std::get<TransportError>(outcome).on_kept_connection);
}

TEST_CASE("Connection: close is honoured even by a server that keeps the connection open")
{
    auto const text = GENERATE(as<std::string>{}, answer("ok", "Connection: close\r\n"),
        answer("ok", "Connection: x-other, Close\r\n"), "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");
    HostileServer const server{always(text)};
    auto const transport = transport_to(server);
    REQUIRE(ending(get(*transport)) == "200 ok");
    REQUIRE(ending(get(*transport)) == "200 ok");
    REQUIRE(server.connections() == 2);
}

TEST_CASE("an HTTP/1.0 server may keep the connection if it says so")
{
    HostileServer const server{always("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok")};
    auto const transport = transport_to(server);
    REQUIRE(ending(get(*transport)) == "200 ok");
    REQUIRE(ending(get(*transport)) == "200 ok");
    REQUIRE(server.connections() == 1);
}

TEST_CASE("bytes left over after an answer are never taken for the next answer")
{
    SECTION("together with the answer")
    {
        HostileServer const server{always(answer("ok") + answer("poison"))};
        auto const transport = transport_to(server);
        REQUIRE(ending(get(*transport)) == "200 ok");
        REQUIRE(ending(get(*transport)) == "200 ok");
        REQUIRE(server.connections() == 2);
    }
    SECTION("later, while the connection is idle")
    {
        HostileServer server{[&server](Peer& peer) {
            peer.read_request();
            peer.send(answer("ok"));
            server.wait_for("answer read");
            peer.send(answer("poison"));
            server.signal("poisoned");
            peer.read_request();
        }};
        auto const transport = transport_to(server);
        REQUIRE(ending(get(*transport)) == "200 ok");
        server.signal("answer read");
        server.wait_for("poisoned");
        std::this_thread::sleep_for(150ms); // one that was in use a moment ago is not looked at before a GET
        REQUIRE(ending(get(*transport)) == "200 ok");
        REQUIRE(server.connections() == 2);
    }
    SECTION("after an answer that has no body")
    {
        HostileServer const server{always("HTTP/1.1 204 No Content\r\n\r\npoison")};
        auto const transport = transport_to(server);
        REQUIRE(ending(get(*transport)) == "204 ");
        REQUIRE(ending(get(*transport)) == "204 ");
        REQUIRE(server.connections() == 2);
    }
}

TEST_CASE("a connection is not used again after a call that failed")
{
    HostileServer const server{[](Peer& peer) {
        peer.read_request();
        if (peer.number() == 1) {
            peer.wait_for_hang_up();
        }
        peer.send(answer("ok"));
    }};
    auto const transport = transport_to(server, options_within(100ms));
    REQUIRE(ending(get(*transport)) == "timeout");
    REQUIRE(ending(get(*transport)) == "200 ok");
    REQUIRE(server.connections() == 2);
}

TEST_CASE("an answer that comes before the whole body was read counts")
{
    HostileServer const server{[](Peer& peer) {
        peer.wait_for_bytes();
        peer.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 5\r\n\r\nlarge");
        peer.reset();
    }};
    auto const transport = transport_to(server);
    for (int i = 1; i <= 2; ++i) {
        REQUIRE(ending(post(*transport, std::string(32U << 20U, 'x'))) == "413 large");
        REQUIRE(server.connections() == i);
    }
}

TEST_CASE("nobody listening is a connect error that names the address")
{
    auto const port = closed_port();
    auto const transport =
        make_poco_transport({Endpoint::Scheme::http, "127.0.0.1", port, ""}, options_within(kNeverReached));
    auto const outcome = get(*transport);
    REQUIRE(ending(outcome) == "connect");
    REQUIRE(detail(outcome) == "127.0.0.1:" + std::to_string(port) + ": Connection refused");
}

TEST_CASE("a name without an address is a resolve error")
{
    // A label may have 63 letters: this fails without asking anybody.
    std::string const name(64, 'x');
    auto const transport = make_poco_transport({Endpoint::Scheme::http, name, 80, ""}, options_within(kNeverReached));
    REQUIRE(ending(get(*transport)) == "resolve");
}

TEST_CASE("localhost is reached on whichever address listens")
{
    HostileServer const server{always(answer("ok"))};
    auto const transport =
        make_poco_transport({Endpoint::Scheme::http, "localhost", server.port(), ""}, options_within(kNeverReached));
    REQUIRE(ending(get(*transport)) == "200 ok");
}

TEST_CASE("an address that refuses or hangs does not hide the next one")
{
    HostileServer const server{always(answer("ok"))};
    HangingPort const hanging;
    WakeUp const wake_up;
    for (auto const first : {closed_port(), hanging.port()}) {
        Patience const patience{wake_up, {}, 400ms, "connection"};
        auto connection = Connection::open({loopback(first), loopback(server.port())}, patience);
        connection.write("GET / HTTP/1.1\r\n\r\n", patience);
        std::vector<char> room(100);
        auto const got = connection.read(room, patience);
        REQUIRE(std::string(room.data(), got) == answer("ok"));
    }
}

TEST_CASE("an IPv6 server is reached and named in brackets")
{
    try {
        HostileServer const server{always(answer("ok")), HostileServer::Family::ipv6};
        auto const transport =
            make_poco_transport({Endpoint::Scheme::http, "::1", server.port(), ""}, options_within(kNeverReached));
        REQUIRE(ending(get(*transport)) == "200 ok");
        REQUIRE(server.requests().at(0).find("\r\nHost: [::1]:" + std::to_string(server.port()) + "\r\n")
            != std::string::npos);
    } catch (std::runtime_error const&) {
        WARN("no IPv6 loopback here");
    }
}
