#include "talk.hpp"

#include <catch2/catch.hpp>

using namespace backfill::http;
using namespace backfill::test;

namespace {

std::string const kChunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n";
std::string const kWithLength = answer("hello world");

/// One request to a server that answers so and then waits for the client to go.
Outcome answered_with(std::string const& text, TransportOptions const& options = options_within(kNeverReached))
{
    HostileServer const server{[&text](Peer& peer) {
        peer.read_request();
        peer.send(text);
        peer.wait_for_hang_up();
    }};
    auto const transport = transport_to(server, options);
    return get(*transport);
}

} // namespace

TEST_CASE("an answer that the server cuts at any byte is never taken for a whole one")
{
    auto const whole = GENERATE(kWithLength, kChunked);
    HostileServer const server{[&whole](Peer& peer) {
        peer.read_request();
        peer.send(whole.substr(0, static_cast<std::size_t>(peer.number()) - 1));
    }};
    auto const transport = transport_to(server);
    REQUIRE(ending(get(*transport)) == "closed");
    for (std::size_t length = 1; length < whole.size(); ++length) {
        CAPTURE(length);
        REQUIRE(ending(get(*transport)) == "truncated");
    }
    REQUIRE(ending(get(*transport)) == "200 hello world");
}

TEST_CASE("a reset inside the body is an error and not a short body")
{
    HostileServer const server{[](Peer& peer) {
        peer.read_request();
        peer.send(kWithLength.substr(0, kWithLength.size() - 3));
        peer.reset();
    }};
    auto const transport = transport_to(server);
    REQUIRE(ending(get(*transport)) == "truncated");
}

TEST_CASE("an answer that arrives byte by byte is read as if it came at once")
{
    auto const whole = GENERATE(kWithLength, kChunked);
    HostileServer const server{[&whole](Peer& peer) {
        peer.read_request();
        for (auto const byte : whole) {
            peer.send({&byte, 1});
        }
        peer.wait_for_hang_up();
    }};
    auto const transport = transport_to(server);
    REQUIRE(ending(get(*transport)) == "200 hello world");
}

TEST_CASE("interim answers are not the answer, and the next answer is not shifted by them")
{
    auto const interim = GENERATE("HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 102 Processing\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n");
    HostileServer const server{[interim](Peer& peer) {
        peer.read_request();
        peer.send(interim + answer("first"));
        peer.read_request();
        peer.send(interim + answer("second"));
    }};
    auto const transport = transport_to(server);
    REQUIRE(ending(get(*transport)) == "200 first");
    REQUIRE(ending(get(*transport)) == "200 second");
    REQUIRE(server.connections() == 1);
}

TEST_CASE("an endless stream of interim answers ends as a protocol error")
{
    HostileServer const server{[](Peer& peer) {
        peer.read_request();
        while (peer.send("HTTP/1.1 102 Processing\r\n\r\n")) {}
    }};
    auto const transport = transport_to(server);
    REQUIRE(ending(get(*transport)) == "protocol");
    auto const after = [](std::size_t count) {
        std::string text;
        for (std::size_t i = 0; i < count; ++i) {
            text += "HTTP/1.1 102 Processing\r\n\r\n";
        }
        HostileServer const patient{always(text + answer("hello"))};
        return ending(get(*transport_to(patient)));
    };
    CHECK(after(16) == "200 hello");
    CHECK(after(17) == "protocol");
}

TEST_CASE("statuses without a body have none, whatever their headers say")
{
    auto const text =
        GENERATE("HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n");
    HostileServer const server{always(text)};
    auto const transport = transport_to(server);
    REQUIRE((ending(get(*transport)) == "204 " || ending(get(*transport)) == "304 "));
    REQUIRE(std::holds_alternative<Reply>(get(*transport)));
    REQUIRE(server.connections() == 1);
}

TEST_CASE("an answer without length ends with the connection")
{
    HostileServer const server{once("HTTP/1.0 200 OK\r\nServer: old\r\n\r\nhello")};
    auto const transport = transport_to(server);
    REQUIRE(ending(get(*transport)) == "200 hello");
    REQUIRE(ending(get(*transport)) == "200 hello");
    REQUIRE(server.connections() == 2);
}

TEST_CASE("trailers after the last chunk belong to their answer and not to the next")
{
    HostileServer const server{
        always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n")};
    auto const transport = transport_to(server);
    REQUIRE(ending(get(*transport)) == "200 ok");
    REQUIRE(ending(get(*transport)) == "200 ok");
    REQUIRE(server.connections() == 1);
}

TEST_CASE("what is no HTTP/1 answer is a protocol error")
{
    auto const text = GENERATE("SSH-2.0-OpenSSH_9.2\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 abc\r\n\r\n",
        "HTTP/1.1 099 x\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "\r\nHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nspace : x\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n", "HTTP/1.1 200 OK\r\n : x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!",
        "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok", "HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2x\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokay\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nok\r\n0\r\n\r\n");
    CAPTURE(text);
    REQUIRE(ending(answered_with(text)) == "protocol");
}

TEST_CASE("small liberties that servers take are understood")
{
    auto const text = GENERATE("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 200 \nContent-Length:2\n\nok",
        "HTTP/1.1 200 OK\r\ncontent-length: 2 \r\n\r\nok", "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nX: a\r\n folded\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n2 \r\nok\r\n00\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: caf\xc3\xa9\r\nContent-Length: 2\r\n\r\nok");
    CAPTURE(text);
    REQUIRE(ending(answered_with(text)) == "200 ok");
}

TEST_CASE("headers are found without case, the first of a name counts, and blanks around a value go")
{
    auto const outcome = answered_with(answer("", "X-Id:  one \r\nx-id: two\r\nX-Empty:\r\n"));
    auto const& reply = std::get<Reply>(outcome);
    REQUIRE(reply.header("x-ID") == "one");
    REQUIRE(reply.header("X-Empty") == "");
    REQUIRE_FALSE(reply.header("X-Idx"));
    REQUIRE(reply.headers.size() == 4);
}

TEST_CASE("a body above the cap is a protocol error, announced or not")
{
    auto options = options_within(kNeverReached);
    options.max_body_bytes = 1000;
    std::string const large(1001, 'x');
    auto const text = GENERATE_COPY(answer(large), "HTTP/1.1 200 OK\r\nContent-Length: 1152921504606846976\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" + large.substr(1) + "\r\n1\r\nx\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n", "HTTP/1.0 200 OK\r\n\r\n" + large);
    REQUIRE(ending(answered_with(text, options)) == "protocol");
    REQUIRE(ending(answered_with(answer(large.substr(1)), options)) == "200 " + large.substr(1));
}

TEST_CASE("an endless body ends at the cap")
{
    auto options = options_within(kNeverReached);
    options.max_body_bytes = 1U << 20U;
    auto const start = GENERATE(as<std::string>{}, "Transfer-Encoding: chunked\r\n\r\n", "\r\n");
    HostileServer const server{[&start](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\n" + start);
        std::string const chunk = "1000\r\n" + std::string(4096, 'x') + "\r\n";
        while (peer.send(chunk)) {}
    }};
    auto const transport = transport_to(server, options);
    REQUIRE(ending(get(*transport)) == "protocol");
}

TEST_CASE("header lines without end are a protocol error and not memory")
{
    auto const start = GENERATE(as<std::string>{}, "HTTP/1.1 200 ",
        "HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ");
    auto const more = GENERATE(as<std::string>{}, "xxxxxxxxxxxxxxxx", "x\r\nX: ");
    HostileServer const server{[&](Peer& peer) {
        peer.read_request();
        peer.send(start);
        while (peer.send(more)) {}
    }};
    auto const transport = transport_to(server);
    REQUIRE(ending(get(*transport)) == "protocol");
}

TEST_CASE("a redirect is an answer and is not followed")
{
    HostileServer const elsewhere{always(answer("elsewhere"))};
    HostileServer const server{always("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:"
        + std::to_string(elsewhere.port()) + "/\r\nContent-Length: 0\r\n\r\n")};
    auto const transport = transport_to(server);
    REQUIRE(ending(get(*transport)) == "302 ");
    REQUIRE(elsewhere.connections() == 0);
}
