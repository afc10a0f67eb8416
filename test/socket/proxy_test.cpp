#include "backfill/http/proxy.hpp"
#include "talk.hpp"

#include <catch2/catch.hpp>

using namespace backfill::http;
using namespace backfill::test;
using namespace std::chrono_literals;

namespace {

/// A target that only the proxy can know: nothing here resolves its name.
Endpoint const kPlain{Endpoint::Scheme::http, "target.invalid", 80, "/v2"};
Endpoint const kSecure{Endpoint::Scheme::https, "target.invalid", 443, "/v2"};

/// base64 of user:p@ss
std::string const kCredentials = "Proxy-Authorization: Basic dXNlcjpwQHNz\r\n";

TransportOptions through(HostileServer const& proxy)
{
    auto options = options_within(kNeverReached);
    options.proxy = Proxy{"127.0.0.1", proxy.port(), "user", "p@ss"};
    return options;
}

std::string name_of(HostileServer const& proxy)
{
    return "proxy 127.0.0.1:" + std::to_string(proxy.port());
}

/// Opens the tunnel and plays the target behind it.
HostileServer::Script tunnel_to(Identity identity)
{
    return [=](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy\r\n\r\n");
        if (peer.shake_hands(identity)) {
            always(answer("ok"))(peer);
        }
    };
}

} // namespace

TEST_CASE("plain http goes through a proxy with the whole address in its request line")
{
    HostileServer const proxy{always(answer("ok"))};
    auto const transport = make_poco_transport(kPlain, through(proxy));
    REQUIRE(ending(get(*transport)) == "200 ok");
    REQUIRE(ending(get(*transport)) == "200 ok");
    REQUIRE(proxy.connections() == 1);
    REQUIRE(proxy.requests().at(0)
        == "GET http://target.invalid/v2/x HTTP/1.1\r\nHost: target.invalid\r\n" + kCredentials
            + "Authorization: Bearer s3cret\r\n\r\n");
}

TEST_CASE("https goes through a tunnel, and the proxy's credentials end at the proxy")
{
    ThrowawayCa const ca;
    HostileServer const proxy{tunnel_to(ca.issue({.names = "DNS:target.invalid"}))};
    auto options = through(proxy);
    options.ca_file = ca.file();
    auto const transport = make_poco_transport(kSecure, options);
    REQUIRE(ending(get(*transport)) == "200 ok");
    REQUIRE(ending(get(*transport)) == "200 ok");
    auto const inside = "GET /v2/x HTTP/1.1\r\nHost: target.invalid\r\nAuthorization: Bearer s3cret\r\n\r\n";
    REQUIRE(proxy.requests()
        == std::vector<std::string>{
            "CONNECT target.invalid:443 HTTP/1.1\r\nHost: target.invalid:443\r\n" + kCredentials + "\r\n", inside,
            inside});
}

TEST_CASE("inside a tunnel it is the target that must prove its name, not the proxy")
{
    ThrowawayCa const ca;
    HostileServer const proxy{tunnel_to(ca.issue({.names = "IP:127.0.0.1,DNS:localhost"}))};
    auto options = through(proxy);
    options.ca_file = ca.file();
    auto const transport = make_poco_transport(kSecure, options);
    REQUIRE(ending(get(*transport)) == "tls");
    proxy.wait_for_ended_scripts(1);
    REQUIRE(proxy.requests().size() == 1);
}

TEST_CASE("a proxy that refuses is a connect error that names it and not the credentials")
{
    auto const* const status = GENERATE("407", "502");
    HostileServer const proxy{always("HTTP/1.1 " + std::string{status} + " No\r\nContent-Length: 2\r\n\r\nno")};
    auto const outcome = get(*make_poco_transport(kSecure, through(proxy)));
    REQUIRE(ending(outcome) == "connect");
    REQUIRE(detail(outcome).starts_with(name_of(proxy) + ": refused the tunnel: HTTP " + status));
    REQUIRE((detail(outcome).find("it refuses the user") != std::string::npos) == (status == std::string{"407"}));
}

TEST_CASE("a 407 to a plain request is the proxy's and no answer")
{
    HostileServer const proxy{always("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")};
    auto options = through(proxy);
    options.proxy->user.clear();
    auto const outcome = get(*make_poco_transport(kPlain, options));
    REQUIRE(ending(outcome) == "connect");
    REQUIRE(
        detail(outcome).starts_with(name_of(proxy) + ": HTTP 407: it asks for a user: http://USER:PASSWORD@HOST:PORT"));
}

TEST_CASE("a proxy that is not there, hangs up, or talks out of turn is named")
{
    SECTION("not there")
    {
        auto options = options_within(kNeverReached);
        options.proxy = Proxy{"127.0.0.1", closed_port(), "", ""};
        auto const outcome = get(*make_poco_transport(GENERATE(kPlain, kSecure), options));
        REQUIRE(ending(outcome) == "connect");
        REQUIRE(detail(outcome).starts_with("proxy 127.0.0.1:"));
    }
    SECTION("hangs up or talks out of turn")
    {
        auto const* const text = GENERATE("", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\n\r\npoison", "SSH-2.0\r\n");
        HostileServer const proxy{once(text)};
        auto const outcome = get(*make_poco_transport(kSecure, through(proxy)));
        REQUIRE(ending(outcome) == "connect");
        REQUIRE(detail(outcome).starts_with(name_of(proxy)));
    }
}

TEST_CASE("a proxy that never answers costs no more than the connect timeout")
{
    HostileServer const proxy{[](Peer& peer) { peer.wait_for_hang_up(); }};
    auto options = through(proxy);
    options.connect_timeout = 100ms;
    auto const outcome = get(*make_poco_transport(kSecure, options));
    REQUIRE(ending(outcome) == "timeout");
    REQUIRE(detail(outcome).starts_with(name_of(proxy)));
}
