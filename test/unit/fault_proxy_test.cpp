#include "support/fault_proxy.hpp"
#include "support/simulator.hpp"
#include "support/simulator_client.hpp"

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/StreamCopier.h>
#include <Poco/URI.h>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace backfill::test;

namespace {

/// "status body" of one request over a connection of its own.
std::string ask(FaultProxy const& proxy, std::string const& target, std::string const& body = {})
{
    Poco::URI const address{proxy.base_url()};
    Poco::Net::HTTPClientSession session{address.getHost(), address.getPort()};
    Poco::Net::HTTPRequest request{body.empty() ? "GET" : "POST", target, "HTTP/1.1"};
    request.add("Authorization", "Bearer test-token");
    if (!body.empty()) {
        request.setContentLength(static_cast<std::streamsize>(body.size()));
    }
    session.sendRequest(request) << body;
    Poco::Net::HTTPResponse response;
    std::string answer;
    Poco::StreamCopier::copyToString(session.receiveResponse(response), answer);
    return std::to_string(response.getStatus()) + " " + answer;
}

} // namespace

TEST_CASE("the proxy passes requests and answers on as they are", "[simulator]")
{
    Simulator const upstream{numbered(2)};
    FaultProxy const proxy{upstream.base_url(), {}};
    CHECK(ask(proxy, path_of(1)) == R"(200 {"messages":[{"id":"m1"},{"id":"m2"}]})");
    CHECK(ask(proxy, path_of(1), "rows").starts_with("405 "));
    CHECK(proxy.strikes() == 0);
}

TEST_CASE("the proxy knows what is asked of Supabase, and strikes there only", "[simulator]")
{
    Simulator const upstream{numbered(1)};
    FaultProxy proxy{
        upstream.base_url(), {{.conversation = place::kUpsert, .after = 1, .status = 418, .body = ErrorBody::empty}}};
    std::vector<std::string> seen;
    proxy.on_request([&seen](std::string_view where) { seen.emplace_back(where); });
    for (auto const* target : {"/Conversation?select=id,created_time&limit=1", "/Message?select=id&limit=0",
             "/Conversation?select=id&limit=0", "/Conversation?select=id&order=id", "/Message?select=id&limit=1000"}) {
        CHECK(ask(proxy, target).starts_with("404 "));
    }
    CHECK(ask(proxy, "/Message?columns=id", "[]").starts_with("404 "));
    CHECK(ask(proxy, "/Message?columns=id", "[{}]").starts_with("404 "));
    CHECK(upstream.counters().requests == 7);
    CHECK(ask(proxy, "/Message?columns=id", "[{}]") == "418 ");
    CHECK(upstream.counters().requests == 7); // answered by the fault itself
    CHECK(proxy.strikes() == 1);
    CHECK(seen
        == std::vector<std::string>{
            "preflight", "columns", "count", "work list", "stored ids", "rights", "upsert", "upsert"});
}

TEST_CASE("a struck request was passed on, so that only its answer is lost, and lifting ends all faults", "[simulator]")
{
    Simulator const upstream{numbered(1)};
    FaultProxy proxy{upstream.base_url(), {{.times = kAlways, .kind = FaultKind::close}}};
    CHECK_THROWS_AS(ask(proxy, path_of(1)), Poco::Net::NoMessageException);
    CHECK(upstream.counters().pages == 1);
    proxy.lift();
    CHECK(ask(proxy, path_of(1)).starts_with("200 "));
}

TEST_CASE("the proxy can give the last answer again, and ask for fewer rows", "[simulator]")
{
    Simulator const upstream{numbered(3)};
    FaultProxy const proxy{upstream.base_url(),
        {{.conversation = place::kStoredIds, .after = 1, .kind = FaultKind::page_before},
            {.conversation = place::kWorkList, .kind = FaultKind::clamp, .size = 2}}};
    CHECK(ask(proxy, path_of(1, 2)).find("m2") != std::string::npos);
    CHECK(ask(proxy, path_of(2, 2)).find("m2") != std::string::npos); // the first one's
    CHECK(ask(proxy, path_of(2, 2)).find("m3") != std::string::npos);
    CHECK(ask(proxy, "/Conversation?order=id&limit=1000&id=gt.x").starts_with("404 "));
    CHECK(proxy.strikes() == 2);
}
