#include "talk.hpp"

#include "support/simulator_faults.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace backfill::http;
using namespace backfill::test;

namespace {

std::string packed(std::string const& body, std::string const& header = "Content-Encoding: gzip\r\n")
{
    return answer(gzipped(body), header);
}

Outcome unpacked_from(std::string const& text, std::size_t max_bytes = TransportOptions{}.max_body_bytes)
{
    HostileServer const server{always(text)};
    auto options = options_within(kNeverReached);
    options.max_body_bytes = max_bytes;
    auto const transport = transport_to(server, options);
    return get(*transport);
}

std::string noise(std::size_t size)
{
    std::mt19937 random{7};
    std::string text(size, ' ');
    for (auto& c : text) {
        c = static_cast<char>(random());
    }
    return text;
}

} // namespace

TEST_CASE("a gzip body is unpacked, and the connection lives on")
{
    HostileServer const server{always(packed("hello", "content-encoding: GZIP\r\n"))};
    auto const transport = transport_to(server);
    CHECK(ending(get(*transport)) == "200 hello");
    CHECK(ending(get(*transport)) == "200 hello");
    CHECK(server.connections() == 1);
    CHECK(std::get<Reply>(unpacked_from(packed(noise(300'000)))).body == noise(300'000));
}

TEST_CASE("a body that is packed in another way, or not at all, stays as it came")
{
    CHECK(ending(unpacked_from(answer("hello", "Content-Encoding: identity\r\n"))) == "200 hello");
    CHECK(ending(unpacked_from(answer("", "Content-Encoding: gzip\r\n"))) == "200 ");
}

TEST_CASE("a gzip body that is cut at any byte is never taken for a whole one")
{
    auto const whole = gzipped("hello hello hello");
    for (std::size_t length = 1; length < whole.size(); ++length) {
        CAPTURE(length);
        auto const outcome = unpacked_from(answer(whole.substr(0, length), "Content-Encoding: gzip\r\n"));
        REQUIRE(std::holds_alternative<TransportError>(outcome));
    }
}

TEST_CASE("what only says that it is gzip is an error")
{
    auto const outcome = unpacked_from(answer("{\"messages\":[],\"link\":null}", "Content-Encoding: gzip\r\n"));
    CHECK(ending(outcome) == "protocol");
    CHECK(detail(outcome).starts_with("the gzip body cannot be unpacked"));
}

TEST_CASE("a few kilobytes that unpack beyond the cap are an error and not memory")
{
    auto const bomb = packed(std::string(20'000'000, 'x'));
    CHECK(bomb.size() < 30'000);
    CHECK(detail(unpacked_from(bomb, 1'000'000)) == "the unpacked body is larger than 1000000 bytes");
    CHECK(std::get<Reply>(unpacked_from(bomb, 20'000'000)).body.size() == 20'000'000);
}
