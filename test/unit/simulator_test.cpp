#include "support/simulator.hpp"

#include <Poco/Exception.h>
#include <Poco/InflatingStream.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/StreamCopier.h>

#include <catch2/catch.hpp>

#include <chrono>
#include <list>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

using namespace backfill::test;
using namespace std::chrono_literals;
using Poco::Net::HTTPResponse;

namespace {

/// A conversation "c" with messages m1 (the newest) to m<count>.
Conversations numbered(int count)
{
    Conversations conversations;
    for (auto i = 1; i <= count; ++i) {
        conversations["c"].push_back(R"({"id":"m)" + std::to_string(i) + R"("})");
    }
    conversations["empty"] = {};
    return conversations;
}

std::string path_of(int page, int items = 50, std::string const& id = "c")
{
    return "/v2/conversations/" + id + "/messages?page=" + std::to_string(page)
        + "&items_per_page=" + std::to_string(items);
}

class Client {
public:
    explicit Client(Simulator const& simulator, std::string token = "test-token")
        : session_{"127.0.0.1", simulator.port()}, token_{std::move(token)}
    {
        session_.setKeepAlive(true);
    }

    std::string get(std::string const& path, std::string const& method = "GET")
    {
        Poco::Net::HTTPRequest request{method, path, "HTTP/1.1"};
        request.set("Authorization", "Bearer " + token_);
        session_.sendRequest(request);
        std::string body;
        Poco::StreamCopier::copyToString(session_.receiveResponse(response), body);
        return body;
    }

    int status(std::string const& path)
    {
        get(path);
        return response.getStatus();
    }

    std::string header(std::string const& name) const { return response.get(name, ""); }

    HTTPResponse response;

private:
    Poco::Net::HTTPClientSession session_;
    std::string token_;
};

Poco::Net::StreamSocket ask_raw(Simulator const& simulator, std::string const& path = path_of(1))
{
    Poco::Net::StreamSocket socket{Poco::Net::SocketAddress{"127.0.0.1", simulator.port()}};
    socket.setReceiveTimeout(Poco::Timespan{5, 0});
    auto const text = "GET " + path + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer test-token\r\n\r\n";
    socket.sendBytes(text.data(), static_cast<int>(text.size()));
    return socket;
}

/// All bytes until the server closes.
std::string read_all(Poco::Net::StreamSocket socket)
{
    std::string all;
    char buffer[65'536];
    for (int got = 1; got > 0;) {
        got = socket.receiveBytes(buffer, sizeof buffer);
        all.append(buffer, static_cast<std::size_t>(got));
    }
    return all;
}

std::string after_header(std::string const& answer)
{
    return answer.substr(answer.find("\r\n\r\n") + 4);
}

Poco::JSON::Object::Ptr parsed(std::string const& body)
{
    return Poco::JSON::Parser{}.parse(body).extract<Poco::JSON::Object::Ptr>();
}

/// "m1 m2 m3"
std::string ids(std::string const& body)
{
    std::string list;
    auto const messages = parsed(body)->getArray("messages");
    for (unsigned i = 0; i < messages->size(); ++i) {
        list += (list.empty() ? "" : " ") + messages->getObject(i)->getValue<std::string>("id");
    }
    return list;
}

std::string link_of(std::string const& body, std::string const& key = "href")
{
    auto const link = parsed(body)->getObject("link");
    return link ? link->optValue<std::string>(key, "no " + key) : "no link";
}

bool has(std::string const& text, std::string const& needle)
{
    return text.find(needle) != std::string::npos;
}

Switches with(Fault fault)
{
    Switches switches;
    switches.faults = {std::move(fault)};
    return switches;
}

Fault of_kind(FaultKind kind)
{
    return {.times = kAlways, .kind = kind};
}

} // namespace

TEST_CASE("pages come newest first, each with a link but the last", "[simulator]")
{
    Simulator const simulator{numbered(5)};
    Client client{simulator};
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
    Client client{simulator};
    CHECK(link_of(client.get(path_of(2, 3))) == "no link");
}

TEST_CASE("a clamped server sends shorter pages than asked for", "[simulator]")
{
    Simulator const simulator{numbered(5), {.page_clamp = 2}};
    Client client{simulator};
    CHECK(ids(client.get(path_of(1))) == "m1 m2");
    CHECK(ids(client.get(path_of(2))) == "m3 m4");
    CHECK(ids(client.get(path_of(3))) == "m5");
}

TEST_CASE("links come in every form", "[simulator]")
{
    Simulator simulator{numbered(4), {.link = LinkForm::absolute}};
    Client client{simulator};
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
    Client client{simulator};
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
    Client client{simulator};
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

TEST_CASE("each status comes with each body", "[simulator]")
{
    auto const status = GENERATE(401, 403, 404, 408, 429, 500, 501, 502, 503, 504);
    Simulator simulator{numbered(1), with({.times = kAlways, .status = status})};
    Client client{simulator};
    auto const number = std::to_string(status);
    CHECK(parsed(client.get(path_of(1)))->getValue<int>("code") == status);
    CHECK(client.response.getStatus() == status);
    simulator.set_switches(with({.times = kAlways, .status = status, .body = ErrorBody::success_false}));
    CHECK(!parsed(client.get(path_of(1)))->getValue<bool>("success"));
    simulator.set_switches(with({.times = kAlways, .status = status, .body = ErrorBody::html}));
    CHECK(client.get(path_of(1)).starts_with("<html>"));
    CHECK(has(client.header("Content-Type"), "text/html"));
    simulator.set_switches(with({.times = kAlways, .status = status, .body = ErrorBody::text}));
    CHECK(client.get(path_of(1)).starts_with("upstream connect error"));
    simulator.set_switches(with({.times = kAlways, .status = status, .body = ErrorBody::empty}));
    CHECK(client.get(path_of(1)).empty());
    CHECK(client.response.getStatus() == status);
    CHECK(!client.response.has("Retry-After"));
    CHECK(!client.response.has("X-RateLimit-Limit"));
}

TEST_CASE("a fault can carry the headers that tell when to come back", "[simulator]")
{
    Fault fault{.times = kAlways, .status = 429, .retry_after = RetryAfter::seconds, .wait = 7s};
    Simulator simulator{numbered(1), with(fault)};
    Client client{simulator};
    client.get(path_of(1));
    CHECK(client.header("Retry-After") == "7");
    fault.retry_after = RetryAfter::zero;
    fault.rate_headers = RateHeaders::total;
    simulator.set_switches(with(fault));
    client.get(path_of(1));
    CHECK(client.header("Retry-After") == "0");
    CHECK(client.header("X-RateLimit-Total") == "200");
    CHECK(client.header("X-RateLimit-Remaining") == "0");
    fault.retry_after = RetryAfter::date;
    fault.rate_headers = RateHeaders::limit;
    fault.wait = 3600s;
    simulator.set_switches(with(fault));
    auto const before = Poco::Timestamp{}.epochTime();
    client.get(path_of(1));
    CHECK(client.header("Retry-After").ends_with(" GMT"));
    CHECK(client.header("X-RateLimit-Limit") == "200");
    CHECK(std::stoll(client.header("X-RateLimit-Reset")) >= before + 3600);
}

TEST_CASE("a portal answers 200 with HTML, or redirects", "[simulator]")
{
    Simulator simulator{numbered(1), with(of_kind(FaultKind::html_200))};
    Client client{simulator, "any token"};
    CHECK(client.get(path_of(1)).starts_with("<!DOCTYPE html>"));
    CHECK(client.response.getStatus() == 200);
    simulator.set_switches(with(of_kind(FaultKind::redirect)));
    CHECK(client.status(path_of(1)) == 302);
    CHECK(client.header("Location").starts_with("https://"));
}

TEST_CASE("a reset is an RST, a close is a FIN, both without a byte", "[simulator]")
{
    Simulator simulator{numbered(1), with(of_kind(FaultKind::reset))};
    CHECK_THROWS_AS(read_all(ask_raw(simulator)), Poco::Net::ConnectionResetException);
    simulator.set_switches(with(of_kind(FaultKind::close)));
    CHECK(read_all(ask_raw(simulator)).empty());
    CHECK(simulator.requests().at(1).status == 0);
}

TEST_CASE("a kept connection can close after a whole answer", "[simulator]")
{
    Simulator const simulator{numbered(1), with(of_kind(FaultKind::close_after))};
    auto const answer = read_all(ask_raw(simulator));
    CHECK(has(answer, "\r\nConnection: keep-alive\r\n"));
    CHECK(after_header(answer) == R"({"messages":[{"id":"m1"}]})");
}

TEST_CASE("answers are cut in the header, the body, a chunk, or before the last chunk", "[simulator]")
{
    Simulator simulator{numbered(2), with(of_kind(FaultKind::cut_header))};
    auto const whole = std::string{R"({"messages":[{"id":"m1"},{"id":"m2"}]})"};
    auto const header = read_all(ask_raw(simulator));
    CHECK(header.starts_with("HTTP/1.1 200"));
    CHECK(!has(header, "\r\n\r\n"));
    simulator.set_switches(with(of_kind(FaultKind::cut_length)));
    auto const length = read_all(ask_raw(simulator));
    CHECK(has(length, "\r\nContent-Length: " + std::to_string(whole.size()) + "\r\n"));
    CHECK(after_header(length) == whole.substr(0, whole.size() / 2));
    simulator.set_switches(with(of_kind(FaultKind::cut_chunk)));
    auto const chunk = read_all(ask_raw(simulator));
    CHECK(has(chunk, "Transfer-Encoding: chunked"));
    CHECK(after_header(chunk).starts_with("26\r\n{\"messages"));
    CHECK(after_header(chunk).size() < whole.size());
    simulator.set_switches(with(of_kind(FaultKind::missing_last_chunk)));
    CHECK(after_header(read_all(ask_raw(simulator))) == "26\r\n" + whole + "\r\n");
}

TEST_CASE("a hanging answer never comes, a stalled one comes half", "[simulator]")
{
    Simulator simulator{numbered(1), with(of_kind(FaultKind::hang))};
    auto hanging = ask_raw(simulator);
    CHECK(!hanging.poll(Poco::Timespan{0, 20'000}, Poco::Net::Socket::SELECT_READ));
    simulator.set_switches(with(of_kind(FaultKind::stall)));
    auto stalled = ask_raw(simulator);
    char buffer[1000];
    auto const got = static_cast<std::size_t>(stalled.receiveBytes(buffer, sizeof buffer));
    CHECK(after_header({buffer, got}) == R"({"messages":[)");
    CHECK(!stalled.poll(Poco::Timespan{0, 20'000}, Poco::Net::Socket::SELECT_READ));
}

TEST_CASE("an answer drips byte by byte", "[simulator]")
{
    Fault fault{.times = kAlways, .kind = FaultKind::drip, .interval = 5ms};
    Simulator simulator{numbered(1), with(fault)};
    auto const start = std::chrono::steady_clock::now();
    auto socket = ask_raw(simulator);
    std::string text;
    char byte = 0;
    while (text.size() < 4 && socket.receiveBytes(&byte, 1) == 1) {
        text += byte;
    }
    CHECK(text == "HTTP");
    CHECK(std::chrono::steady_clock::now() - start >= 15ms);
    fault.kind = FaultKind::drip_body;
    fault.interval = 1ms;
    simulator.set_switches(with(fault));
    Client client{simulator};
    auto const restart = std::chrono::steady_clock::now();
    CHECK(ids(client.get(path_of(1))) == "m1");
    CHECK(std::chrono::steady_clock::now() - restart >= 25ms);
}

TEST_CASE("a gzip body comes unasked", "[simulator]")
{
    Simulator const simulator{numbered(2), with(of_kind(FaultKind::gzip))};
    Client client{simulator};
    std::istringstream packed{client.get(path_of(1))};
    CHECK(client.header("Content-Encoding") == "gzip");
    Poco::InflatingInputStream unpacked{packed, Poco::InflatingStreamBuf::STREAM_GZIP};
    std::string body;
    Poco::StreamCopier::copyToString(unpacked, body);
    CHECK(ids(body) == "m1 m2");
}

TEST_CASE("broken JSON has a length that fits", "[simulator]")
{
    Simulator const simulator{numbered(2), with(of_kind(FaultKind::broken_json))};
    Client client{simulator};
    auto const body = client.get(path_of(1));
    CHECK(client.response.getContentLength() == static_cast<int>(body.size()));
    CHECK(body.starts_with(R"({"messages":[{)"));
    CHECK_THROWS_AS(parsed(body), Poco::Exception);
}

TEST_CASE("what a parser may choke on goes into the first message", "[simulator]")
{
    struct Sample {
        FaultKind kind;
        std::string bytes;
    };
    auto const sample =
        GENERATE(values<Sample>({{FaultKind::lone_surrogate, R"("\ud83d")"}, {FaultKind::invalid_utf8, "\"\xff\""},
            {FaultKind::nul_escape, R"(a\u0000b)"}, {FaultKind::huge_integer, "123456789012345678901234567890"},
            {FaultKind::deep_nesting, std::string(100'000, '[')}}));
    Simulator const simulator{numbered(2), with(of_kind(sample.kind))};
    Client client{simulator};
    auto const body = client.get(path_of(1));
    CHECK(body.starts_with(R"({"messages":[{"injected":)"));
    CHECK(has(body, sample.bytes));
    CHECK(body.ends_with(R"(,"id":"m1"},{"id":"m2"}]})"));
    CHECK(client.get(path_of(1, 50, "empty")) == R"({"messages":[]})");
}

TEST_CASE("a huge body is a page of exactly that size", "[simulator]")
{
    Simulator const simulator{numbered(2), with({.times = kAlways, .kind = FaultKind::huge_body, .size = 300'000})};
    Client client{simulator};
    auto const body = client.get(path_of(1));
    CHECK(body.size() == 300'000);
    CHECK(ids(body) == "m1 m2");
}

TEST_CASE("a fault strikes its conversation and page, so many times, after so many", "[simulator]")
{
    auto conversations = numbered(4);
    conversations["d"] = conversations["c"];
    Simulator simulator{conversations, with({.conversation = "c", .page = 2, .after = 1, .times = 2})};
    Client client{simulator};
    std::string statuses;
    for (auto const* path : {"c 1", "c 2", "d 2", "c 2", "c 1", "c 2", "c 2"}) {
        statuses += std::to_string(client.status(path_of(path[2] - '0', 2, {path[0]}))) + " ";
    }
    CHECK(statuses == "200 200 200 503 200 503 200 ");
    CHECK(simulator.counters().faults == 2);

    simulator.set_switches(with({.count = FaultCount::each_page}));
    statuses.clear();
    for (auto const* path : {"c 1", "c 1", "c 2", "d 1", "c 2", "d 1"}) {
        statuses += std::to_string(client.status(path_of(path[2] - '0', 2, {path[0]}))) + " ";
    }
    CHECK(statuses == "503 200 503 503 200 200 ");

    Switches switches;
    switches.faults = {{.times = 1, .status = 500}, {.times = 1, .status = 502}};
    simulator.set_switches(switches);
    CHECK(client.status(path_of(1)) == 500);
    CHECK(client.status(path_of(1)) == 502);
    CHECK(client.status(path_of(1)) == 200);
}

TEST_CASE("a wrong token, a wrong size and an unknown conversation are refused in JSON", "[simulator]")
{
    Simulator const simulator{numbered(1), {.token = "right"}};
    Client wrong{simulator, "wrong"};
    CHECK(parsed(wrong.get(path_of(1)))->getValue<std::string>("status") == "UNAUTHENTICATED");
    CHECK(wrong.response.getStatus() == 401);
    Client client{simulator, "right"};
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
    Client client{simulator};
    CHECK(simulator.base_url() == "http://127.0.0.1:" + std::to_string(simulator.port()) + "/acme");
    CHECK(link_of(client.get("/acme" + path_of(1, 1))).starts_with("/v2/"));
    CHECK(client.status(path_of(1)) == 404);
}

TEST_CASE("ids arrive percent-encoded", "[simulator]")
{
    Conversations conversations;
    conversations["a/b, \"c\" + 100%\\é"] = {R"({"id":"m1"})", R"({"id":"m2"})"};
    Simulator const simulator{conversations};
    Client client{simulator};
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
    Client client{simulator};
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
    Client client{simulator};
    std::vector<int> seen;
    simulator.on_request([&seen](SeenRequest const& request) { seen.push_back(request.page); });
    client.get(path_of(1, 3));
    auto const trace_id = client.header("X-Trace-ID");
    client.get(path_of(2, 3));
    Client{simulator, "wrong"}.get(path_of(7));
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
    Client client{simulator};
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

TEST_CASE("faults are read from text", "[simulator]")
{
    auto const fault = parse_fault("conversation=a%2Cb,page=2,after=4,times=3,count=each_page,status=429,body=html,"
                                   "retry_after=date:9,rate_headers=limit");
    CHECK(fault.conversation == "a,b");
    CHECK(fault.page == 2);
    CHECK(fault.after == 4);
    CHECK(fault.times == 3);
    CHECK(fault.count == FaultCount::each_page);
    CHECK(fault.kind == FaultKind::status);
    CHECK(fault.status == 429);
    CHECK(fault.body == ErrorBody::html);
    CHECK(fault.retry_after == RetryAfter::date);
    CHECK(fault.wait == 9s);
    CHECK(fault.rate_headers == RateHeaders::limit);
    auto const drip = parse_fault("kind=drip_body,interval_ms=5,times=always");
    CHECK(drip.kind == FaultKind::drip_body);
    CHECK(drip.interval == 5ms);
    CHECK(drip.times == kAlways);
    CHECK(parse_fault("kind=huge_body,size=12").size == 12);
    CHECK(parse_fault("retry_after=0").retry_after == RetryAfter::zero);
    for (auto const* text : {"", "page", "page=0", "page=x", "kind=none", "status=50x", "times=0", "colour=red",
             "page=1,", "retry_after=soon", "size=99999999999999999999"}) {
        INFO(text);
        CHECK_THROWS_AS(parse_fault(text), std::invalid_argument);
    }
}

TEST_CASE("links and the past end are read from text", "[simulator]")
{
    Switches switches;
    parse_link("last_null,absolute", switches);
    CHECK(switches.link == LinkForm::absolute);
    CHECK(switches.last_link == LastLink::null);
    CHECK_THROWS_AS(parse_link("sideways", switches), std::invalid_argument);
    CHECK(parse_past_end("repeat_last") == PastEnd::repeat_last);
    CHECK_THROWS_AS(parse_past_end(""), std::invalid_argument);
}

TEST_CASE("a client that reads nothing does not keep the simulator from ending", "[simulator]")
{
    auto simulator = std::make_unique<Simulator>(numbered(1), with(of_kind(FaultKind::huge_body)));
    auto const deaf = ask_raw(*simulator);
    auto const idle = Poco::Net::StreamSocket{Poco::Net::SocketAddress{"127.0.0.1", simulator->port()}};
    REQUIRE(simulator->wait_for_requests(1));
    auto const start = std::chrono::steady_clock::now();
    simulator.reset();
    CHECK(std::chrono::steady_clock::now() - start < 5s); // it would be a minute otherwise
}
