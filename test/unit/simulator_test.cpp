// What the other tests rely on: that pages are as Freshchat's, and that each fault is on the wire what its name says.

#include "support/raw_client.hpp"
#include "support/simulator.hpp"
#include "support/simulator_faults.hpp"

#include <Poco/InflatingStream.h>
#include <Poco/Net/NetException.h>
#include <Poco/StreamCopier.h>

#include <catch2/catch.hpp>

#include <chrono>
#include <future>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using namespace backfill::test;
using namespace std::chrono_literals;

namespace {

/// A conversation "c" of m1 (the newest) to m<count>, and an empty one.
Conversations numbered(int count)
{
    Conversations conversations;
    for (auto i = 1; i <= count; ++i) {
        conversations["c"].push_back(R"({"id":"m)" + std::to_string(i) + R"("})");
    }
    conversations["empty"] = {};
    return conversations;
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

std::string path_of(int page, int items = 50, std::string const& id = "c")
{
    return "/v2/conversations/" + id + "/messages?page=" + std::to_string(page)
        + "&items_per_page=" + std::to_string(items);
}

std::string page(Simulator const& simulator, int number, int items = 50, std::string const& id = "c")
{
    return body_of(raw_answer(simulator.port(), path_of(number, items, id)));
}

std::string status(Simulator const& simulator, int number, int items = 50, std::string const& id = "c")
{
    return status_of(raw_answer(simulator.port(), path_of(number, items, id)));
}

std::string unpacked(std::string const& body)
{
    std::istringstream packed{body};
    Poco::InflatingInputStream in{packed, Poco::InflatingStreamBuf::STREAM_GZIP};
    std::string text;
    Poco::StreamCopier::copyToString(in, text);
    return text;
}

bool has(std::string const& text, std::string const& needle)
{
    return text.find(needle) != std::string::npos;
}

constexpr auto kTwo = R"({"messages":[{"id":"m1"},{"id":"m2"}]})";

} // namespace

TEST_CASE("pages come newest first, each with a link but the last, in every form of link", "[simulator]")
{
    Simulator simulator{numbered(4)};
    auto const first = page(simulator, 1, 2);
    CHECK(first.starts_with(R"({"messages":[{"id":"m1"},{"id":"m2"}],"link":{)"));
    CHECK(has(first, R"("href":"/v2/conversations/c/messages?page=2&items_per_page=2")"));
    CHECK(page(simulator, 2, 2) == R"({"messages":[{"id":"m3"},{"id":"m4"}]})"); // exactly full, and the last
    CHECK(page(simulator, 3, 2) == R"({"messages":[]})");
    CHECK(page(simulator, 1, 50, "empty") == R"({"messages":[]})");
    simulator.set_switches({.link = LinkForm::absolute});
    CHECK(has(page(simulator, 1, 2), "https://elsewhere.invalid/v2/conversations/c/messages?page=2"));
    simulator.set_switches({.link = LinkForm::absent});
    CHECK(page(simulator, 1, 2) == kTwo);
    simulator.set_switches({.last_link = LastLink::present});
    CHECK(has(page(simulator, 2, 2), "page=3"));
    simulator.set_switches({.last_link = LastLink::null});
    CHECK(has(page(simulator, 2, 2), R"(,"link":null})"));
    simulator.set_switches({.link = LinkForm::self, .last_link = LastLink::present});
    CHECK(has(page(simulator, 1, 2), "page=1&"));
    CHECK(has(page(simulator, 2, 2), "page=2&"));
    simulator.set_switches({.link = LinkForm::with_from_time});
    CHECK(has(page(simulator, 1, 2), "page=2&items_per_page=2&from_time=2"));
    simulator.set_switches({.page_clamp = 2});
    CHECK(page(simulator, 1).starts_with(R"({"messages":[{"id":"m1"},{"id":"m2"}],)"));
}

TEST_CASE("a conversation has two ids, and one of them can be unknown where its messages are asked for", "[simulator]")
{
    auto const ids = GENERATE(Ids::uuid_only, Ids::numeric_only, Ids::both);
    auto const world = World::make({.conversations = 3});
    bool const is_world = GENERATE(false, true);
    auto const [id, number] = is_world ? std::pair{world.uuid(1), conversation_number(1)}
                                       : std::pair{std::string{"c"}, conversation_number(0)};
    Simulator simulator{is_world ? std::variant<World, Conversations>{world} : numbered(2), {.ids = ids}};
    for (auto const& known : {id, number}) {
        CHECK(has(body_of(raw_answer(simulator.port(), "/v2/conversations/" + known)),
            R"({"conversation_id":")" + id + R"(","conversation_internal_id":)" + number + ","));
    }
    CHECK(simulator.requests().back().page == kTheConversation);
    CHECK(status(simulator, 1, 50, id) == (ids == Ids::numeric_only ? "404" : "200"));
    CHECK(status(simulator, 1, 50, number) == (ids == Ids::uuid_only ? "404" : "200"));
    CHECK(status(simulator, 1, 50, conversation_number(9)) == "404");
    CHECK(status_of(raw_answer(simulator.port(), "/v2/conversations/" + conversation_number(9))) == "404");
}

TEST_CASE("past the end there is nothing, an error, or the last page again; a page can be another one", "[simulator]")
{
    Simulator simulator{numbered(3), {.past_end = PastEnd::wrong_page}};
    CHECK(has(page(simulator, 3, 2), R"("WRONG_PAGE")"));
    CHECK(status(simulator, 3, 2) == "404");
    CHECK(status(simulator, 1, 50, "empty") == "200");
    simulator.set_switches({.past_end = PastEnd::repeat_last});
    CHECK(page(simulator, 9, 2) == R"({"messages":[{"id":"m3"}]})");
    simulator.set_switches(with(of_kind(FaultKind::page_before)));
    CHECK(has(page(simulator, 2, 2), R"([{"id":"m1"},{"id":"m2"}])"));
    simulator.set_switches(with(of_kind(FaultKind::endless)));
    CHECK(has(page(simulator, 9, 2), R"("made-up-9")"));
}

TEST_CASE("each framing holds the same body, and packing is for those who ask", "[simulator]")
{
    Simulator simulator{numbered(2)};
    CHECK(has(raw_answer(simulator.port(), path_of(1)), "\r\nContent-Length: 38\r\n"));
    simulator.set_switches({.framing = Framing::chunked});
    CHECK(page(simulator, 1) == "26\r\n" + std::string{kTwo} + "\r\n0\r\n\r\n");
    simulator.set_switches({.framing = Framing::until_close});
    auto const answer = raw_answer(simulator.port(), path_of(1), "", "keep-alive");
    CHECK(has(answer, "\r\nConnection: close\r\n"));
    CHECK_FALSE(has(answer, "Content-Length"));
    CHECK(body_of(answer) == kTwo);
    simulator.set_switches({.packing = Packing::gzip});
    CHECK(page(simulator, 1) == kTwo);
}

TEST_CASE("faults below HTTP are what their names say", "[simulator]")
{
    Simulator simulator{numbered(2)};
    auto const struck = [&](FaultKind kind) {
        simulator.set_switches(with(of_kind(kind)));
        return raw_answer(simulator.port(), path_of(1), "", "keep-alive");
    };
    CHECK_THROWS_AS(struck(FaultKind::reset), Poco::Net::ConnectionResetException);
    CHECK(struck(FaultKind::close).empty());
    CHECK(simulator.requests().back().status == 0);
    auto const closed = struck(FaultKind::close_after);
    CHECK(has(closed, "\r\nConnection: keep-alive\r\n"));
    CHECK(body_of(closed) == kTwo);
    auto const header = struck(FaultKind::cut_header);
    CHECK(header.starts_with("HTTP/1.1 200"));
    CHECK_FALSE(has(header, "\r\n\r\n"));
    auto const length = struck(FaultKind::cut_length);
    CHECK(has(length, "\r\nContent-Length: 38\r\n"));
    CHECK(body_of(length) == std::string{kTwo}.substr(0, 19));
    auto const chunk = body_of(struck(FaultKind::cut_chunk));
    CHECK(chunk.starts_with("26\r\n{\"messages"));
    CHECK(chunk.size() < 38);
    CHECK(body_of(struck(FaultKind::missing_last_chunk)) == "26\r\n" + std::string{kTwo} + "\r\n");
}

TEST_CASE("an answer can hang, stall in its middle, or drip; the simulator's end frees all clients", "[simulator]")
{
    auto const kind = GENERATE(FaultKind::hang, FaultKind::stall, FaultKind::drip, FaultKind::drip_body);
    auto fault = of_kind(kind);
    fault.interval = 1s;
    auto simulator = std::make_unique<Simulator>(numbered(1), with(fault));
    std::vector<std::future<std::string>> clients;
    for (auto i = 0; i < 64; ++i) {
        clients.push_back(std::async(std::launch::async, raw_answer, simulator->port(), path_of(1), "", "close"));
    }
    REQUIRE(simulator->wait_for_requests(64));
    CHECK(simulator->counters().most_at_once == 64);
    CHECK(clients.back().wait_for(20ms) == std::future_status::timeout);
    auto const start = std::chrono::steady_clock::now();
    simulator.reset();
    CHECK(std::chrono::steady_clock::now() - start < 5s);
    for (auto& client : clients) {
        auto const got = client.get();
        CHECK(body_of(got) == (kind == FaultKind::stall ? R"({"messages":[)" : body_of(got).substr(0, 1)));
        CHECK(got.empty() == (kind == FaultKind::hang));
    }
}

TEST_CASE("bodies can be packed unasked, broken, huge, or hold what a parser may choke on", "[simulator]")
{
    Simulator simulator{numbered(2)};
    for (auto const& [kind, bytes] : std::vector<std::pair<FaultKind, std::string>>{
             {FaultKind::lone_surrogate, R"("\ud83d")"}, {FaultKind::invalid_utf8, "\"\xff\""},
             {FaultKind::nul_escape, R"(a\u0000b)"}, {FaultKind::huge_integer, "123456789012345678901234567890"},
             {FaultKind::deep_nesting, std::string(100'000, '[')}}) {
        simulator.set_switches(with(of_kind(kind)));
        CHECK(has(page(simulator, 1), bytes));
        CHECK(page(simulator, 1).ends_with(R"(,"id":"m1"},{"id":"m2"}]})"));
    }
    simulator.set_switches(with(of_kind(FaultKind::gzip)));
    CHECK(unpacked(page(simulator, 1)) == kTwo);
    simulator.set_switches(with(of_kind(FaultKind::broken_json)));
    CHECK(page(simulator, 1) == std::string{kTwo}.substr(0, 19));
    simulator.set_switches(with({.times = kAlways, .kind = FaultKind::huge_body, .size = 300'000}));
    CHECK(page(simulator, 1).size() == 300'000);
    simulator.set_switches(with({.times = kAlways, .kind = FaultKind::gzip_bomb, .size = 1'000'000}));
    CHECK(page(simulator, 1).size() < 10'000);
    CHECK(unpacked(page(simulator, 1)).size() == 1'000'000);
    simulator.set_switches(with({.kind = FaultKind::interim, .status = 103, .size = 2}));
    auto const answer = raw_answer(simulator.port(), path_of(1));
    CHECK(answer.find("HTTP/1.1 103 ", 1) < answer.find("HTTP/1.1 200 OK"));
}

TEST_CASE("an error has its status, body and headers, and can quote secrets in all of them", "[simulator]")
{
    auto const body = GENERATE(ErrorBody::json, ErrorBody::success_false, ErrorBody::html, ErrorBody::text);
    Fault fault{.times = kAlways,
        .status = 418,
        .body = body,
        .code = GENERATE("", "XX000"),
        .retry_after = RetryAfter::seconds,
        .wait = 7s,
        .rate_headers = RateHeaders::total,
        .quotes = {"kék", "say \"x\""}};
    Simulator simulator{numbered(1), with(fault)};
    auto const answer = raw_answer(simulator.port(), path_of(1));
    CHECK(status_of(answer) == "418");
    bool const is_json = body == ErrorBody::json || body == ErrorBody::success_false;
    CHECK(has(body_of(answer), is_json ? R"(kék say \"x\")" : R"(kék say "x")"));
    for (auto const* header : {"x-request-id: kék-say \"x\"", "sb-request-id: say \"x\"-kék",
             "X-Trace-ID: kék-say \"x\"", "Retry-After: 7", "X-RateLimit-Total: 200"}) {
        CHECK(has(answer, std::string{"\r\n"} + header + "\r\n"));
    }
    fault.body = ErrorBody::empty;
    simulator.set_switches(with(fault));
    CHECK(page(simulator, 1).empty());
}
