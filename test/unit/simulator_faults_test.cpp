#include "support/simulator.hpp"
#include "support/simulator_client.hpp"
#include "support/simulator_faults.hpp"

#include <Poco/Exception.h>
#include <Poco/InflatingStream.h>
#include <Poco/Net/NetException.h>
#include <Poco/StreamCopier.h>
#include <Poco/Thread.h>

#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>

using namespace backfill::test;
using namespace std::chrono_literals;

TEST_CASE("each status comes with each body", "[simulator]")
{
    auto const status = GENERATE(401, 403, 404, 408, 429, 500, 501, 502, 503, 504);
    Simulator simulator{numbered(1), with({.times = kAlways, .status = status})};
    SimulatorClient client{simulator};
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
    SimulatorClient client{simulator};
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
    SimulatorClient client{simulator, "any token"};
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
    SimulatorClient client{simulator};
    auto const restart = std::chrono::steady_clock::now();
    CHECK(ids(client.get(path_of(1))) == "m1");
    CHECK(std::chrono::steady_clock::now() - restart >= 25ms);
}

TEST_CASE("a gzip body comes unasked", "[simulator]")
{
    Simulator const simulator{numbered(2), with(of_kind(FaultKind::gzip))};
    SimulatorClient client{simulator};
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
    SimulatorClient client{simulator};
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
    SimulatorClient client{simulator};
    auto const body = client.get(path_of(1));
    CHECK(body.starts_with(R"({"messages":[{"injected":)"));
    CHECK(has(body, sample.bytes));
    CHECK(body.ends_with(R"(,"id":"m1"},{"id":"m2"}]})"));
    CHECK(client.get(path_of(1, 50, "empty")) == R"({"messages":[]})");
}

TEST_CASE("a huge body is a page of exactly that size", "[simulator]")
{
    Simulator const simulator{numbered(2), with({.times = kAlways, .kind = FaultKind::huge_body, .size = 300'000})};
    SimulatorClient client{simulator};
    auto const body = client.get(path_of(1));
    CHECK(body.size() == 300'000);
    CHECK(ids(body) == "m1 m2");
}

TEST_CASE("a gzip bomb is small and unpacks to its size", "[simulator]")
{
    Simulator const simulator{numbered(2), with({.times = kAlways, .kind = FaultKind::gzip_bomb, .size = 1'000'000})};
    SimulatorClient client{simulator};
    std::istringstream packed{client.get(path_of(1))};
    CHECK(packed.str().size() < 10'000);
    Poco::InflatingInputStream unpacked{packed, Poco::InflatingStreamBuf::STREAM_GZIP};
    std::string body;
    Poco::StreamCopier::copyToString(unpacked, body);
    CHECK(body.size() == 1'000'000);
}

TEST_CASE("interim answers come before the real one", "[simulator]")
{
    Simulator const simulator{numbered(1), with({.kind = FaultKind::interim, .status = 103, .size = 2})};
    auto socket = ask_raw(simulator);
    std::string text;
    for (char byte = 0; !text.ends_with("]}") && socket.receiveBytes(&byte, 1) == 1;) {
        text += byte;
    }
    CHECK(text.starts_with("HTTP/1.1 103 "));
    CHECK(text.find("HTTP/1.1 103 ", 1) < text.find("HTTP/1.1 200 OK"));
    CHECK(text.ends_with(R"({"messages":[{"id":"m1"}]})"));
}

TEST_CASE("a server can show other pages than were asked for", "[simulator]")
{
    Simulator simulator{numbered(5), with(of_kind(FaultKind::page_before))};
    SimulatorClient client{simulator};
    CHECK(ids(client.get(path_of(1, 2))) == "m1 m2");
    CHECK(ids(client.get(path_of(2, 2))) == "m1 m2");
    CHECK(ids(client.get(path_of(3, 2))) == "m3 m4");
    simulator.set_switches(with(of_kind(FaultKind::endless)));
    CHECK(ids(client.get(path_of(9, 2))) == "made-up-9");
    CHECK(has(link_of(client.get(path_of(10, 2))), "page=11"));
    CHECK(client.status(path_of(1, 2, "unknown")) == 404);
}

TEST_CASE("an error can be PostgREST's, and quotes what must not be printed", "[simulator]")
{
    Simulator const simulator{numbered(1), with({.status = 400, .code = "23514"})};
    SimulatorClient client{simulator};
    auto const error = parsed(client.get(path_of(1)));
    CHECK(error->getValue<std::string>("code") == "23514");
    CHECK(has(error->getValue<std::string>("details"), std::string{kQuotedText}));
    CHECK(has(error->getValue<std::string>("message"), std::string{kQuotedText}));
}

TEST_CASE("a fault of any status, body and code can quote secrets, in all texts and headers", "[simulator]")
{
    auto const body = GENERATE(ErrorBody::json, ErrorBody::success_false, ErrorBody::html, ErrorBody::text);
    auto const code = GENERATE("", "XX000");
    Simulator const simulator{numbered(1),
        with({.times = kAlways, .status = 418, .body = body, .code = code, .quotes = {"kék", "say \"x\""}})};
    SimulatorClient client{simulator};
    auto const answer = client.get(path_of(1));
    auto const in_json = body == ErrorBody::json || body == ErrorBody::success_false;
    CHECK(has(answer, in_json ? R"(kék say \"x\")" : R"(kék say "x")"));
    if (in_json) {
        CHECK_NOTHROW(parsed(answer));
    }
    CHECK(client.header("x-request-id") == R"(kék-say "x")");
    CHECK(client.header("sb-request-id") == R"(say "x"-kék)");
    CHECK(client.header("X-Trace-ID") == R"(kék-say "x")");
}

TEST_CASE("a fault strikes its conversation and page, so many times, after so many", "[simulator]")
{
    auto conversations = numbered(4);
    conversations["d"] = conversations["c"];
    Simulator simulator{conversations, with({.conversation = "c", .page = 2, .after = 1, .times = 2})};
    SimulatorClient client{simulator};
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
    auto deaf = ask_raw(*simulator);
    Poco::Net::StreamSocket const idle{Poco::Net::SocketAddress{"127.0.0.1", simulator->port()}};
    // Until nothing more fits between the two. Not long enough a look makes the test weaker, never wrong.
    auto before = -1;
    for (auto arrived = 0; arrived == 0 || arrived != before; arrived = deaf.available()) {
        before = arrived;
        Poco::Thread::sleep(10);
    }
    auto const start = std::chrono::steady_clock::now();
    simulator.reset();
    CHECK(std::chrono::steady_clock::now() - start < 5s); // it would never end
}
