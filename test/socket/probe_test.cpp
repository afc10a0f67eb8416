// How far the way to a server leads, found out without a request.

#include "talk.hpp"

#include "backfill/http/poco_transport.hpp"
#include "backfill/http/proxy.hpp"

#include <catch2/catch.hpp>

using namespace backfill::http;
using namespace backfill::test;
using namespace std::chrono_literals;

namespace {

Probe probed(Endpoint const& endpoint, TransportOptions options = options_within(kNeverReached))
{
    options.connect_timeout = std::min(options.connect_timeout, options.request_timeout);
    return probe(endpoint, options, {});
}

Endpoint secure(HostileServer const& server)
{
    return {Endpoint::Scheme::https, "localhost", server.port(), ""};
}

HostileServer::Script only_shakes_hands(Identity const& identity)
{
    return [identity](Peer& peer) {
        if (peer.shake_hands(identity)) {
            peer.wait_for_hang_up();
        }
    };
}

} // namespace

TEST_CASE("a probe tells the addresses and when the certificate ends, and sends no request")
{
    ThrowawayCa const ca;
    HostileServer const server{only_shakes_hands(ca.issue({.valid_to = 240h}))};
    auto options = options_within(kNeverReached);
    options.ca_file = ca.file();
    auto const before = std::chrono::system_clock::now();
    auto const found = probed(secure(server), options);
    CHECK(found.resolved_host == "localhost");
    CHECK(std::find(found.addresses.begin(), found.addresses.end(), "127.0.0.1") != found.addresses.end());
    CHECK_FALSE(found.failure);
    REQUIRE(found.certificate_expires);
    CHECK(*found.certificate_expires > before + 239h);
    CHECK(*found.certificate_expires < before + 241h);
    server.wait_for_ended_scripts(1);
    CHECK(server.requests().empty());
}

TEST_CASE("a probe over plain http knows no certificate")
{
    HostileServer const server{[](Peer& peer) { peer.wait_for_hang_up(); }};
    auto const found = probed({Endpoint::Scheme::http, "127.0.0.1", server.port(), ""});
    CHECK(found.addresses == std::vector<std::string>{"127.0.0.1"});
    CHECK_FALSE(found.failure);
    CHECK_FALSE(found.certificate_expires);
}

TEST_CASE("a probe tells the step that failed")
{
    ThrowawayCa const unknown_ca;
    HostileServer const untrusted{only_shakes_hands(unknown_ca.issue())};
    auto const refused = probed(secure(untrusted));
    REQUIRE(refused.failure);
    CHECK(refused.failure->kind == TransportError::Kind::tls);
    CHECK_FALSE(refused.addresses.empty());

    auto const nobody = probed({Endpoint::Scheme::http, "127.0.0.1", closed_port(), ""});
    REQUIRE(nobody.failure);
    CHECK(nobody.failure->kind == TransportError::Kind::connect);

    auto const nameless = probed({Endpoint::Scheme::http, "nowhere.invalid", 80, ""});
    REQUIRE(nameless.failure);
    CHECK(nameless.failure->kind == TransportError::Kind::resolve);
    CHECK(nameless.addresses.empty());

    HangingPort const port;
    auto const silent = probed({Endpoint::Scheme::http, "127.0.0.1", port.port(), ""}, options_within(100ms));
    REQUIRE(silent.failure);
    CHECK(silent.failure->kind == TransportError::Kind::timeout);
}

TEST_CASE("behind a proxy its name is what is resolved here, and the tunnel is part of the way")
{
    HostileServer const proxy{once("HTTP/1.1 403 Forbidden\r\n\r\n")};
    auto options = options_within(kNeverReached);
    options.proxy = Proxy{"127.0.0.1", proxy.port(), "", ""};
    auto const found = probed({Endpoint::Scheme::https, "acme.example", 443, ""}, options);
    CHECK(found.resolved_host == "127.0.0.1");
    CHECK(found.addresses == std::vector<std::string>{"127.0.0.1"});
    REQUIRE(found.failure);
    CHECK(found.failure->detail.find("HTTP 403") != std::string::npos);
    CHECK(proxy.requests().front().starts_with("CONNECT acme.example:443"));
}

TEST_CASE("a stop ends a probe")
{
    HangingPort const port;
    std::stop_source stop;
    stop.request_stop();
    auto const found =
        probe({Endpoint::Scheme::http, "127.0.0.1", port.port(), ""}, options_within(kNeverReached), stop.get_token());
    REQUIRE(found.failure);
    CHECK(found.failure->kind == TransportError::Kind::stopped);
}
