#include "support/simulator.hpp"
#include "support/simulator_client.hpp"

#include <Poco/Exception.h>

#include <catch2/catch.hpp>

#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <vector>

using namespace backfill::test;
using namespace std::chrono_literals;

TEST_CASE("pages come newest first, each with a link but the last", "[simulator]")
{
    Simulator const simulator{numbered(5)};
    SimulatorClient client{simulator};
    auto const first = client.get(path_of(1, 3));
    CHECK(client.response.getStatus() == 200);
    CHECK(client.header("Content-Type") == "application/json;charset=utf-8");
    CHECK(ids(first) == "m1 m2 m3");
    CHECK(link_of(first) == "/v2/conversations/c/messages?page=2&items_per_page=3");
    CHECK(client.get(path_of(2, 3)) == R"({"messages":[{"id":"m4"},{"id":"m5"}]})");
    CHECK(client.get(path_of(3, 3)) == R"({"messages":[]})");
    CHECK(client.get(path_of(1, 50, "empty")) == R"({"messages":[]})");
}

TEST_CASE("a page that is exactly full and the last has no link", "[simulator]")
{
    Simulator const simulator{numbered(6)};
    SimulatorClient client{simulator};
    CHECK(link_of(client.get(path_of(2, 3))) == "no link");
}

TEST_CASE("a clamped server sends shorter pages than asked for", "[simulator]")
{
    Simulator const simulator{numbered(5), {.page_clamp = 2}};
    SimulatorClient client{simulator};
    CHECK(ids(client.get(path_of(1))) == "m1 m2");
    CHECK(ids(client.get(path_of(2))) == "m3 m4");
    CHECK(ids(client.get(path_of(3))) == "m5");
}

TEST_CASE("links come in every form", "[simulator]")
{
    Simulator simulator{numbered(4), {.link = LinkForm::absolute}};
    SimulatorClient client{simulator};
    auto const absolute = client.get(path_of(1, 2));
    CHECK(link_of(absolute) == "https://elsewhere.invalid/v2/conversations/c/messages?page=2&items_per_page=2");
    CHECK(link_of(absolute, "rel") == "next_page");
    simulator.set_switches({.link = LinkForm::without_rel});
    CHECK(link_of(client.get(path_of(1, 2)), "rel") == "no rel");
    simulator.set_switches({.link = LinkForm::absent});
    CHECK(link_of(client.get(path_of(1, 2))) == "no link");
    CHECK(ids(client.get(path_of(2, 2))) == "m3 m4");
    simulator.set_switches({.last_link = LastLink::present});
    CHECK(has(link_of(client.get(path_of(2, 2))), "page=3"));
    simulator.set_switches({.last_link = LastLink::null});
    CHECK(has(client.get(path_of(2, 2)), R"(,"link":null})"));
    CHECK(has(link_of(client.get(path_of(1, 2))), "page=2"));
}

TEST_CASE("past the end there is nothing, an error, or the last page again", "[simulator]")
{
    Simulator simulator{numbered(3), {.past_end = PastEnd::wrong_page}};
    SimulatorClient client{simulator};
    auto const body = client.get(path_of(3, 2));
    CHECK(client.response.getStatus() == 404);
    CHECK(parsed(body)->getValue<std::string>("status") == "WRONG_PAGE");
    CHECK(client.status(path_of(1, 50, "empty")) == 200);
    CHECK(client.status(path_of(2, 50, "empty")) == 404);
    simulator.set_switches({.past_end = PastEnd::wrong_page, .wrong_page_status = 400});
    CHECK(client.status(path_of(3, 2)) == 400);
    simulator.set_switches({.past_end = PastEnd::repeat_last});
    CHECK(ids(client.get(path_of(3, 2))) == "m3");
    CHECK(ids(client.get(path_of(99, 2))) == "m3");
}

TEST_CASE("a message that arrives during a walk shifts the later pages by one", "[simulator]")
{
    Simulator simulator{numbered(4), {.change = Change::insert}};
    SimulatorClient client{simulator};
    CHECK(ids(client.get(path_of(1, 2))) == "m1 m2");
    CHECK(ids(client.get(path_of(2, 2))) == "m2 m3");
    CHECK(ids(client.get(path_of(3, 2))) == "m4");
    CHECK(ids(client.get(path_of(1, 2))) == inserted_message_id("c", 0) + " m1");
    simulator.set_switches({.change = Change::remove, .change_after_page = 2});
    CHECK(ids(client.get(path_of(1, 1))) == "m1");
    CHECK(ids(client.get(path_of(2, 1))) == "m2");
    CHECK(ids(client.get(path_of(3, 1))) == "m4");
    simulator.set_switches({.change = Change::insert, .change_count = 4});
    client.get(path_of(1, 2));
    CHECK(ids(client.get(path_of(3, 2))) == "m1 m2");
}

TEST_CASE("a wrong token, a wrong size and an unknown conversation are refused in JSON", "[simulator]")
{
    Simulator const simulator{numbered(1), {.token = "right"}};
    SimulatorClient wrong{simulator, "wrong"};
    CHECK(parsed(wrong.get(path_of(1)))->getValue<std::string>("status") == "UNAUTHENTICATED");
    CHECK(wrong.response.getStatus() == 401);
    SimulatorClient client{simulator, "right"};
    CHECK(parsed(client.get(path_of(1, 50, "d")))->getValue<std::string>("status") == "NOT_FOUND");
    CHECK(client.response.getStatus() == 404);
    CHECK(client.status(path_of(1, 51)) == 400);
    CHECK(client.status(path_of(0)) == 400);
    CHECK(client.status("/v2/conversations/c/messages?page=x") == 400);
    CHECK(client.status("/v2/conversations/c/messages") == 200);
    CHECK(client.status("/v2/v2/conversations/c/messages") == 404);
    CHECK(client.status("/v2/conversations//messages") == 404);
    client.get(path_of(1), "POST");
    CHECK(client.response.getStatus() == 405);
    CHECK(simulator.counters().refused_tokens == 1);
}

TEST_CASE("a path prefix is part of the base URL and of no link", "[simulator]")
{
    Simulator const simulator{numbered(2), {.prefix = "/acme"}};
    SimulatorClient client{simulator};
    CHECK(simulator.base_url() == "http://127.0.0.1:" + std::to_string(simulator.port()) + "/acme");
    CHECK(link_of(client.get("/acme" + path_of(1, 1))).starts_with("/v2/"));
    CHECK(client.status(path_of(1)) == 404);
}

TEST_CASE("ids arrive percent-encoded", "[simulator]")
{
    Conversations conversations;
    conversations["a/b, \"c\" + 100%\\é"] = {R"({"id":"m1"})", R"({"id":"m2"})"};
    Simulator const simulator{conversations};
    SimulatorClient client{simulator};
    auto const encoded = std::string{"a%2Fb%2C%20%22c%22%20+%20100%25%5C%c3%A9"};
    auto const body = client.get(path_of(1, 1, encoded));
    CHECK(ids(body) == "m1");
    CHECK(link_of(body) == path_of(2, 1, encoded));
    CHECK(simulator.requests().at(0).conversation == "a/b, \"c\" + 100%\\é");
    CHECK(client.status(path_of(1, 1, "a/b%2C%20%22c%22%20+%20100%25%5C%c3%A9")) == 404);
}

TEST_CASE("a world is served as it is", "[simulator]")
{
    auto const world = World::make({.conversations = 27, .one_long = 120, .odd_ids = OddIds::yes});
    Simulator const simulator{world};
    SimulatorClient client{simulator};
    auto const id = world.conversation(26).id;
    REQUIRE(id.starts_with("two words"));
    auto const encoded = "two%20words" + id.substr(9);
    std::string expected;
    for (auto position = 100U; position < 120; ++position) {
        expected += (expected.empty() ? "" : ",") + world.message(26, position).json;
    }
    CHECK(client.get(path_of(3, 50, encoded)) == R"({"messages":[)" + expected + "]}");
}

TEST_CASE("requests are recorded in order, with what was answered", "[simulator]")
{
    Simulator simulator{numbered(5), with({.page = 2, .status = 429})};
    SimulatorClient client{simulator};
    std::vector<int> seen;
    simulator.on_request([&seen](SeenRequest const& request) { seen.push_back(request.page); });
    client.get(path_of(1, 3));
    auto const trace_id = client.header("X-Trace-ID");
    client.get(path_of(2, 3));
    SimulatorClient{simulator, "wrong"}.get(path_of(7));
    auto const requests = simulator.requests();
    REQUIRE(requests.size() == 3);
    CHECK(requests[0].conversation == "c");
    CHECK(requests[0].page == 1);
    CHECK(requests[0].items_per_page == 3);
    CHECK(requests[0].status == 200);
    CHECK(requests[0].token_correct);
    CHECK(requests[0].trace_id == trace_id);
    CHECK(requests[1].status == 429);
    CHECK(requests[1].time >= requests[0].time);
    CHECK(requests[1].trace_id != trace_id);
    CHECK(requests[2].status == 401);
    CHECK(!requests[2].token_correct);
    CHECK(seen == std::vector<int>{1, 2, 7});
    CHECK(simulator.counters().requests == 3);
    CHECK(simulator.counters().pages == 1);
    CHECK(simulator.counters().faults == 1);
    simulator.clear_requests();
    CHECK(simulator.requests().empty());
    CHECK(simulator.counters().requests == 0);
    simulator.set_switches({.recording = Recording::counters});
    client.get(path_of(1));
    CHECK(simulator.requests().empty());
    CHECK(simulator.counters().requests == 1);
    CHECK(!simulator.wait_for_requests(2, 1ms));
}

TEST_CASE("one connection serves many requests, with each framing", "[simulator]")
{
    Simulator simulator{numbered(2)};
    auto socket = ask_raw(simulator);
    auto const ask_again = [&socket] {
        char buffer[4096];
        auto const got = static_cast<std::size_t>(socket.receiveBytes(buffer, sizeof buffer));
        auto const text = "GET " + path_of(1) + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer test-token\r\n\r\n";
        socket.sendBytes(text.data(), static_cast<int>(text.size()));
        return std::string{buffer, got};
    };
    auto const body = std::string{R"({"messages":[{"id":"m1"},{"id":"m2"}]})"};
    CHECK(after_header(ask_again()) == body);
    simulator.wait_for_requests(2);
    simulator.set_switches({.framing = Framing::chunked});
    CHECK(after_header(ask_again()) == body); // was on its way
    simulator.wait_for_requests(3);
    simulator.set_switches({.framing = Framing::until_close});
    CHECK(after_header(ask_again()) == "26\r\n" + body + "\r\n0\r\n\r\n");
    auto const last = read_all(socket);
    CHECK(has(last, "\r\nConnection: close\r\n"));
    CHECK(!has(last, "Content-Length"));
    CHECK(after_header(last) == body);
}

TEST_CASE("latency comes before every answer", "[simulator]")
{
    Simulator const simulator{numbered(1), {.latency = 20ms}};
    SimulatorClient client{simulator};
    auto const start = std::chrono::steady_clock::now();
    client.get(path_of(1));
    client.get(path_of(1));
    CHECK(std::chrono::steady_clock::now() - start >= 40ms);
}

TEST_CASE("64 clients are served at once and an end of the simulator frees them", "[simulator]")
{
    auto simulator = std::make_unique<Simulator>(numbered(1), with(of_kind(FaultKind::hang)));
    std::list<Poco::Net::StreamSocket> clients;
    for (auto i = 0; i < 64; ++i) {
        clients.push_back(ask_raw(*simulator));
    }
    REQUIRE(simulator->wait_for_requests(64));
    CHECK(simulator->counters().most_at_once == 64);
    simulator.reset();
    for (auto const& client : clients) {
        REQUIRE(read_all(client).empty());
    }
}

TEST_CASE("a taken port is refused", "[simulator]")
{
    Simulator const simulator{numbered(1)};
    CHECK_THROWS_AS((Simulator{numbered(1), {}, simulator.port()}), Poco::Exception);
}
