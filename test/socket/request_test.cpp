#include "backfill/http/proxy.hpp"
#include "talk.hpp"

#include <catch2/catch.hpp>

using namespace backfill::http;
using namespace backfill::test;

namespace {

std::string port_of(HostileServer const& server)
{
    return std::to_string(server.port());
}

} // namespace

TEST_CASE("a request goes over the wire as HTTP/1.1 with its Host and nothing invented")
{
    HostileServer const server{always(answer("ok"))};
    auto const transport =
        make_poco_transport({Endpoint::Scheme::http, "127.0.0.1", server.port(), "/v2"}, options_within(kNeverReached));
    auto const host = "Host: 127.0.0.1:" + port_of(server) + "\r\n";

    transport->send({Request::Method::get, "/a%20b?c=d", {{"Accept", "application/json"}}, "not sent"}, {});
    transport->send({Request::Method::post, "/rows", {{"Prefer", "x"}, {"Prefer", "y"}}, "[1]"}, {});
    transport->send({Request::Method::get, "", {}, ""}, {});

    REQUIRE(server.requests()
        == std::vector<std::string>{
            "GET /v2/a%20b?c=d HTTP/1.1\r\n" + host + "Accept: application/json\r\n\r\n",
            "POST /v2/rows HTTP/1.1\r\n" + host + "Prefer: x\r\nPrefer: y\r\nContent-Length: 3\r\n\r\n[1]",
            "GET /v2 HTTP/1.1\r\n" + host + "\r\n",
        });
}

TEST_CASE("without a prefix and target the root is asked for")
{
    HostileServer const server{always(answer("ok"))};
    auto const transport = transport_to(server);
    transport->send({Request::Method::get, "", {}, ""}, {});
    transport->send({Request::Method::get, "?a=b", {}, ""}, {});
    REQUIRE(server.requests().at(0).starts_with("GET / HTTP/1.1\r\n"));
    REQUIRE(server.requests().at(1).starts_with("GET /?a=b HTTP/1.1\r\n"));
}

TEST_CASE("a post without a body says so")
{
    HostileServer const server{always(answer("ok"))};
    auto const transport = transport_to(server);
    REQUIRE(ending(post(*transport, "")) == "200 ok");
    REQUIRE(server.requests().at(0).find("\r\nContent-Length: 0\r\n") != std::string::npos);
}

TEST_CASE("a body of many megabytes arrives whole")
{
    HostileServer const server{always(answer("ok"))};
    auto const transport = transport_to(server);
    std::string body(5'000'000, 'x');
    body.replace(1'000'000, 4, "\r\n\r\n");
    REQUIRE(ending(post(*transport, body)) == "200 ok");
    REQUIRE(server.requests().at(0).ends_with("\r\n\r\n" + body));
}

TEST_CASE("a target that could break out of its line is refused before anything is sent")
{
    HostileServer const server{always(answer("ok"))};
    auto const transport = transport_to(server);
    auto const target = GENERATE(as<std::string>{}, "/a\r\nX: y", "/a\nb", "/a b", "/a\tb", std::string("/a\0b", 4),
        "/a\x7f", "/caf\xc3\xa9", "/a#b", "a", "http://elsewhere/");
    REQUIRE(ending(transport->send({Request::Method::get, target, {}, ""}, {})) == "protocol");
    REQUIRE(server.connections() == 0);
}

TEST_CASE("a header that could break out of its line is refused, and its value told to nobody")
{
    HostileServer const server{always(answer("ok"))};
    auto const transport = transport_to(server);
    auto const header =
        GENERATE(Header{"Authorization", "Bearer s3cret\r\nX: y"}, Header{"X", "s3cret\n"}, Header{"X", "s3cret\r"},
            Header{"X", std::string("s3cret\0x", 8)}, Header{"X", "s3cret\tx"}, Header{"X", "s3cret\x7f"},
            Header{"X: y\r\nZ", "s3cret"}, Header{"", "s3cret"}, Header{"A B", "s3cret"}, Header{"A:", "s3cret"});
    auto const outcome = transport->send({Request::Method::get, "/", {header}, ""}, {});
    REQUIRE(ending(outcome) == "protocol");
    REQUIRE(detail(outcome).find("s3cret") == std::string::npos);
    REQUIRE(server.connections() == 0);
}

TEST_CASE("headers that frame the message are not the caller's")
{
    HostileServer const server{always(answer("ok"))};
    auto const transport = transport_to(server);
    auto const* const name =
        GENERATE("host", "Content-Length", "transfer-encoding", "Connection", "Proxy-Authorization", "Expect");
    REQUIRE(ending(transport->send({Request::Method::get, "/", {{name, "1"}}, ""}, {})) == "protocol");
    REQUIRE(server.connections() == 0);
}
