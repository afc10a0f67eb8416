#include "support/fault_proxy.hpp"
#include "support/raw_client.hpp"
#include "support/simulator.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace backfill::test;

namespace {

constexpr auto kFirst = "/v2/conversations/c/messages?page=1&items_per_page=1";
constexpr auto kSecond = "/v2/conversations/c/messages?page=2&items_per_page=1";

Simulator upstream()
{
    return Simulator{Conversations{{"c", {R"({"id":"m1"})", R"({"id":"m2"})", R"({"id":"m3"})"}}}};
}

std::string ask(FaultProxy const& proxy, std::string const& target, std::string const& body = {})
{
    auto const url = proxy.base_url();
    return raw_answer(static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))), target, body);
}

} // namespace

TEST_CASE("the proxy knows what is asked of Supabase, strikes there only, and passes the rest on", "[simulator]")
{
    auto const behind = upstream();
    FaultProxy proxy{
        behind.base_url(), {{.conversation = place::kUpsert, .after = 1, .status = 418, .body = ErrorBody::empty}}};
    std::vector<std::string> seen;
    proxy.on_request([&seen](std::string_view where) { seen.emplace_back(where); });
    for (auto const* target : {"/Conversation?select=id,created_time&limit=1", "/Message?select=id&limit=1",
             "/Conversation?select=id&limit=0", "/Conversation?select=id&order=id", "/Message?select=id&limit=1000"}) {
        CHECK(status_of(ask(proxy, target)) == "404");
    }
    CHECK(status_of(ask(proxy, "/Message?columns=id", "[]")) == "404");
    CHECK(status_of(ask(proxy, "/Message?columns=id", "[{}]")) == "404");
    CHECK(status_of(ask(proxy, "/Message?columns=id", "[{}]")) == "418");
    CHECK(behind.counters().requests == 7); // the last was answered by the fault itself
    CHECK(proxy.strikes() == 1);
    CHECK(seen
        == std::vector<std::string>{
            "preflight", "columns", "count", "work list", "stored ids", "rights", "upsert", "upsert"});
}

TEST_CASE("a struck request was passed on, so that only its answer is lost, and lifting ends all faults", "[simulator]")
{
    auto const behind = upstream();
    FaultProxy proxy{behind.base_url(), {{.times = kAlways, .kind = FaultKind::close}}};
    CHECK(ask(proxy, kFirst).empty());
    CHECK(behind.counters().pages == 1);
    proxy.lift();
    CHECK(status_of(ask(proxy, kFirst)) == "200");
}

TEST_CASE("the proxy can give the last answer again, and ask for fewer rows", "[simulator]")
{
    auto const behind = upstream();
    FaultProxy const proxy{behind.base_url(),
        {{.conversation = place::kStoredIds, .after = 1, .kind = FaultKind::page_before},
            {.conversation = place::kWorkList, .kind = FaultKind::clamp, .size = 2}}};
    auto const first = body_of(ask(proxy, kFirst));
    CHECK(first.find("\"m1\"") != std::string::npos);
    CHECK(body_of(ask(proxy, kSecond)) == first);
    CHECK(body_of(ask(proxy, kSecond)).find("\"m2\"") != std::string::npos);
    CHECK(status_of(ask(proxy, "/Conversation?order=id&limit=1000&id=gt.x")) == "404");
    CHECK(proxy.strikes() == 2);
}
