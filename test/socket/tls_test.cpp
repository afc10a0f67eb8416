#include "http/tls_context.hpp"
#include "talk.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <openssl/err.h>
#include <thread>

using namespace backfill::http;
using namespace backfill::test;
using namespace std::chrono_literals;

namespace {

/// Answers every request over TLS with that certificate.
HostileServer::Script secure(Identity identity, std::string text = answer("ok"), int highest_version = TLS1_3_VERSION)
{
    return [=](Peer& peer) {
        if (peer.shake_hands(identity, highest_version)) {
            always(text)(peer);
        }
    };
}

} // namespace

TEST_CASE("a certificate of a root in the CA file is accepted for its name, and the connection kept")
{
    ThrowawayCa const ca;
    HostileServer const server{secure(ca.issue(), answer("ok"), GENERATE(TLS1_2_VERSION, TLS1_3_VERSION))};
    auto const transport = secure_transport_to(server, ca);
    for (int i = 0; i < 5; ++i) {
        REQUIRE(ending(get(*transport)) == "200 ok");
    }
    REQUIRE(server.connections() == 1);
}

TEST_CASE("a certificate for an address is accepted for that address only")
{
    ThrowawayCa const ca;
    auto options = options_within(kNeverReached);
    options.ca_file = ca.file();
    HostileServer const right{secure(ca.issue({.names = "IP:127.0.0.1"}))};
    HostileServer const wrong{secure(ca.issue({.names = "IP:127.0.0.2,DNS:127.0.0.1"}))};
    REQUIRE(ending(get(*make_poco_transport({Endpoint::Scheme::https, "127.0.0.1", right.port(), ""}, options)))
        == "200 ok");
    REQUIRE(
        ending(get(*make_poco_transport({Endpoint::Scheme::https, "127.0.0.1", wrong.port(), ""}, options))) == "tls");
}

TEST_CASE("a certificate that proves nothing is refused, and no byte of the request is sent")
{
    ThrowawayCa const ca;
    ThrowawayCa const unknown_ca;
    struct Case {
        Identity identity;
        std::string why;
    };
    std::vector<Case> const cases{{self_signed(), "self-signed certificate"},
        {unknown_ca.issue(), "unable to get local issuer certificate"},
        {ca.issue({.names = "DNS:other.example"}), "hostname mismatch"},
        {ca.issue({.names = "DNS:*.localhost"}), "hostname mismatch"},
        {ca.issue({.valid_from = -2h, .valid_to = -1h}), "certificate has expired"},
        {ca.issue({.valid_from = 1h, .valid_to = 2h}), "certificate is not yet valid"}};
    for (auto const& bad : cases) {
        HostileServer const server{secure(bad.identity)};
        auto const transport = secure_transport_to(server, ca);
        auto const outcome = get(*transport);
        REQUIRE(ending(outcome) == "tls");
        REQUIRE(detail(outcome) == "certificate of localhost refused: " + bad.why);
        server.wait_for_ended_scripts(1);
        REQUIRE(server.requests().empty());
    }
}

TEST_CASE("a wrong name is refused also when the handshake is slow")
{
    // Poco alone lets it pass: its own check is made once, before the certificate has come.
    ThrowawayCa const ca;
    auto const identity = ca.issue({.names = "DNS:other.example"});
    HostileServer const server{[&identity](Peer& peer) {
        std::this_thread::sleep_for(100ms);
        secure(identity)(peer);
    }};
    auto const transport = secure_transport_to(server, ca);
    REQUIRE(ending(get(*transport)) == "tls");
    server.wait_for_ended_scripts(1);
    REQUIRE(server.requests().empty());
}

TEST_CASE("the system's roots are trusted without a CA file, and beside one")
{
    ThrowawayCa const system;
    ThrowawayCa const extra;
    ::setenv("SSL_CERT_FILE", system.file().c_str(), 1);
    auto options = options_within(kNeverReached);
    options.ca_file = GENERATE(false, true) ? extra.file() : "";
    HostileServer const server{secure(system.issue())};
    REQUIRE(ending(get(*make_poco_transport({Endpoint::Scheme::https, "localhost", server.port(), ""}, options)))
        == "200 ok");
    ::setenv("SSL_CERT_FILE", "/dev/null", 1);
}

TEST_CASE("a server that knows no TLS 1.2 is refused")
{
    ThrowawayCa const ca;
    HostileServer const server{secure(ca.issue(), answer("ok"), TLS1_1_VERSION)};
    auto const transport = secure_transport_to(server, ca);
    REQUIRE(ending(get(*transport)) == "tls");
    // OpenSSL's own settings may have refused it; other machines have others.
    auto* const context = tls_context_for("localhost", "")->poco->sslContext();
    REQUIRE(SSL_CTX_get_min_proto_version(context) == TLS1_2_VERSION);
}

TEST_CASE("a server without TLS is a TLS error")
{
    HostileServer const server{[](Peer& peer) {
        peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
        peer.wait_for_hang_up();
    }};
    ThrowawayCa const ca;
    auto const transport = secure_transport_to(server, ca);
    REQUIRE(ending(get(*transport)) == "tls");
}

TEST_CASE("a server that hangs up during the handshake may be asked again")
{
    auto const manner = GENERATE(&Peer::cut, &Peer::reset);
    HostileServer const server{[manner](Peer& peer) {
        peer.wait_for_bytes();
        (peer.*manner)();
    }};
    ThrowawayCa const ca;
    auto const transport = secure_transport_to(server, ca);
    REQUIRE(ending(get(*transport)) == "closed");
}

TEST_CASE("an answer that is cut over TLS is never taken for a whole one, with close_notify or without")
{
    ThrowawayCa const ca;
    auto const identity = ca.issue();
    auto const manner = GENERATE(&Peer::close, &Peer::cut, &Peer::reset);
    auto const whole = GENERATE(as<std::string>{}, answer("hello"),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    HostileServer const server{[&](Peer& peer) {
        peer.shake_hands(identity);
        peer.read_request();
        peer.send(whole.substr(0, static_cast<std::size_t>(peer.number()) * 4));
        (peer.*manner)();
    }};
    auto const transport = secure_transport_to(server, ca);
    for (std::size_t length = 4; length < whole.size(); length += 4) {
        CAPTURE(length);
        auto const how = ending(get(*transport));
        // A reset may overtake the bytes before it.
        REQUIRE((how == "truncated" || (manner == &Peer::reset && how == "closed")));
    }
}

TEST_CASE("an answer without length is whole over TLS only if the server says goodbye")
{
    ThrowawayCa const ca;
    auto const identity = ca.issue();
    HostileServer const server{[&identity](Peer& peer) {
        peer.shake_hands(identity);
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\n\r\nhello");
        peer.number() == 1 ? peer.close() : peer.cut();
    }};
    auto const transport = secure_transport_to(server, ca);
    REQUIRE(ending(get(*transport)) == "200 hello");
    REQUIRE(ending(get(*transport)) == "truncated");
}

TEST_CASE("a TLS connection that was closed while idle is replaced, one that got a session ticket is kept")
{
    ThrowawayCa const ca;
    auto const identity = ca.issue();
    HostileServer server{[&](Peer& peer) {
        peer.shake_hands(identity);
        peer.read_request();
        peer.send(answer("one"));
        peer.send_session_ticket();
        server.signal("ticket sent");
        peer.read_request();
        peer.send(answer("two"));
        peer.close();
    }};
    auto const transport = secure_transport_to(server, ca);
    REQUIRE(ending(get(*transport)) == "200 one");
    server.wait_for("ticket sent");
    REQUIRE(ending(get(*transport)) == "200 two");
    REQUIRE(server.connections() == 1);
    server.wait_for_ended_scripts(1);
    REQUIRE(ending(post(*transport, "body")) == "200 one"); // a GET looks only later
    REQUIRE(server.connections() == 2);
}

TEST_CASE("errors that others left behind in this thread are not the connection's")
{
    ThrowawayCa const ca;
    HostileServer const server{secure(ca.issue())};
    auto const transport = secure_transport_to(server, ca);
    for (int i = 0; i < 3; ++i) {
        ERR_raise(ERR_LIB_USER, 1);
        REQUIRE(ending(get(*transport)) == "200 ok");
    }
    REQUIRE(server.connections() == 1);
}

TEST_CASE("large bodies pass through TLS in both directions")
{
    ThrowawayCa const ca;
    std::string const large(3'000'000, 'x');
    HostileServer const server{secure(ca.issue(), answer(large))};
    auto const transport = secure_transport_to(server, ca);
    REQUIRE(ending(post(*transport, large)) == "200 " + large);
    REQUIRE(server.requests().at(0).ends_with(large));
}

TEST_CASE("a CA file that holds no certificates is told at once")
{
    auto options = options_within(kNeverReached);
    options.ca_file = GENERATE("/nowhere/ca.pem", "/tmp", "/dev/null", __FILE__);
    auto const scheme = GENERATE(Endpoint::Scheme::http, Endpoint::Scheme::https);
    REQUIRE_THROWS_AS(make_poco_transport({scheme, "localhost", 1, ""}, options), std::invalid_argument);
}

TEST_CASE("a port that speaks plain http where TLS is expected is told at once, or after two seconds of its silence")
{
    ThrowawayCa const ca;
    HostileServer const at_once{[](Peer& peer) {
        peer.wait_for_bytes();
        peer.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }};
    auto outcome = get(*secure_transport_to(at_once, ca));
    CHECK(ending(outcome) == "tls");
    CHECK(detail(outcome).starts_with("the port speaks no TLS"));
    CHECK(at_once.connections() == 1);

    HostileServer const reads_lines{[](Peer& peer) {
        if (peer.number() == 1) {
            peer.wait_for_hang_up();
        } else if (!peer.read_request().empty()) {
            peer.send(answer("ok"));
        }
    }};
    outcome = get(*secure_transport_to(reads_lines, ca));
    CHECK(ending(outcome) == "tls");
    CHECK(detail(outcome).starts_with("the port speaks no TLS"));
    CHECK(reads_lines.requests() == std::vector<std::string>{"GET / HTTP/1.0\r\n\r\n"}); // and no header
}

TEST_CASE("a server that is slow to shake hands is waited for")
{
    ThrowawayCa const ca;
    HostileServer const server{[identity = ca.issue()](Peer& peer) {
        if (peer.number() == 1) {
            peer.nap(2500ms);
            if (peer.shake_hands(identity)) {
                always(answer("ok"))(peer);
            }
        }
    }};
    CHECK(ending(get(*secure_transport_to(server, ca))) == "200 ok");
}

TEST_CASE("a port that expects TLS where plain http is spoken is told")
{
    auto const body = GENERATE(as<std::string>{}, "<html>400 The plain HTTP request was sent to HTTPS port</html>",
        "Client sent an HTTP request to an HTTPS server.\n",
        "Bad Request\nThis combination of host and port requires TLS.\n",
        "You're speaking plain HTTP to an SSL-enabled server port.");
    HostileServer const says_so{once("HTTP/1.1 400 Bad Request\r\nContent-Length: " + std::to_string(body.size())
        + "\r\nConnection: close\r\n\r\n" + body)};
    auto const outcome = get(*transport_to(says_so));
    CHECK(ending(outcome) == "tls");
    CHECK(detail(outcome) == "the port wants it: give https:// in place of http://");

    ThrowawayCa const ca;
    HostileServer const closes{secure(ca.issue())};
    auto const closed = get(*transport_to(closes));
    CHECK(ending(closed) == "closed");
    CHECK(detail(closed).ends_with("; does the port want TLS (https://)?"));
}
