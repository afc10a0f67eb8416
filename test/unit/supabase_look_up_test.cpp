#include "support/scripted_transport.hpp"
#include "support/supabase_side.hpp"
#include "support/upsert.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/supabase/message_table.hpp"
#include "backfill/supabase/preflight.hpp"
#include "backfill/supabase/work_list.hpp"

#include "supabase/keyset.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace backfill::test {
namespace {

using supabase::Access;
using supabase::MessageTable;
using supabase::Selection;
using supabase::WorkList;

/// What stands in a target between `before` and `after`.
std::string between(std::string const& target, std::string const& before, std::string const& after)
{
    auto const at = target.find(before);
    if (at == std::string::npos) {
        return {};
    }
    auto const begin = at + before.size();
    return target.substr(begin, target.find(after, begin) - begin);
}

std::size_t listed(http::Request const& request)
{
    auto const list = between(request.target, "=in.(", ")");
    return list.empty() ? 0 : static_cast<std::size_t>(std::count(list.begin(), list.end(), ',')) + 1;
}

std::vector<ConversationId> conversations(std::size_t count)
{
    std::vector<ConversationId> ids;
    for (std::size_t i = 0; i < count; ++i) {
        ids.push_back(numbered("c", i));
    }
    return ids;
}

TEST_CASE("A look-up goes on behind the last id of each page until a page is empty")
{
    ScriptedSide side{{reply(200, R"([{"id":"a","conversationid":"c0000"},{"id":"b+,","conversationid":"c0001"}])"),
        reply(200, R"([{"id":"z","conversationid":"c0000"}])"), reply(200, "[]")}};
    auto const stored = MessageTable{side.postgrest, layout_of("Message")}.stored_ids(conversations(2), side.stop);
    CHECK(stored.failed.empty());
    CHECK(stored.by_conversation.at("c0000") == MessageIds{"a", "z"});
    CHECK(stored.by_conversation.at("c0001") == MessageIds{"b+,"});
    auto const first = "/Message?select=id,conversationid&conversationid=in.(c0000,c0001)&order=id.asc&limit=1000";
    CHECK(side.requests().at(0).target == first);
    CHECK(side.requests().at(1).target == std::string{first} + "&id=gt.b%2B%2C"); // top level: no quotes
    CHECK(side.requests().at(2).target == std::string{first} + "&id=gt.z");
}

TEST_CASE("Where duplicates are met again, a page shorter than an earlier one of the same limit is the last")
{
    auto const one = reply(200, R"([{"id":"a","conversationid":"c0000"}])");
    auto const two = reply(200, R"([{"id":"b","conversationid":"c0001"},{"id":"c","conversationid":"c0001"}])");
    auto const end = GENERATE(supabase::EndOfPages::empty_page, supabase::EndOfPages::shorter_page);
    ScriptedSide side{{two, reply(200, "[]"), one, reply(200, "[]"), two, reply(200, "[]"), one, reply(200, "[]")}};
    MessageTable table{side.postgrest, layout_of("Message"), end};
    table.stored_ids(conversations(1), side.stop);
    CHECK(side.request_count() == 2); // the first one may have been cut
    table.stored_ids(conversations(1), side.stop);
    CHECK(side.request_count() == (end == supabase::EndOfPages::shorter_page ? 3 : 4));
}

TEST_CASE("A look-up's first page is the last where it is shorter than any page of the server before")
{
    auto const two = reply(200, R"([{"id":"b","conversationid":"c0001"},{"id":"c","conversationid":"c0001"}])");
    auto const longest = GENERATE(2, 3);
    ScriptedSide side{{two, reply(200, "[]")}};
    MessageTable table{
        side.postgrest, layout_of("Message"), supabase::EndOfPages::shorter_page, static_cast<std::size_t>(longest)};
    CHECK(table.stored_ids(conversations(2), side.stop).by_conversation.at("c0001").size() == 2);
    CHECK(side.request_count() == (longest == 3 ? 1 : 2));
}

TEST_CASE("A look-up uses the mapped columns, quoted where they must be")
{
    ScriptedSide side{{reply(200, R"([{"msg.id":"a","conv,id":"c0000"}])"), reply(200, "[]")}};
    supabase::MessageTableLayout const layout{"T", {{"id", "msg.id"}, {"conversationid", "conv,id"}}};
    auto const stored = MessageTable{side.postgrest, layout}.stored_ids(conversations(1), side.stop);
    CHECK(stored.by_conversation.at("c0000") == MessageIds{"a"});
    CHECK(side.requests().at(1).target
        == "/T?select=%22msg.id%22,%22conv%2Cid%22&%22conv%2Cid%22=in.(c0000)&order=%22msg.id%22.asc&limit=1000"
           "&%22msg.id%22=gt.a");
}

TEST_CASE("A look-up that was too much asks for half as many conversations, also the next time")
{
    auto const fault = GENERATE(reply(500, R"({"code":"57014"})"), reply(414), reply(413), reply(524), reply(544));
    ScriptedSide side{
        [&](http::Request const& request) -> http::Outcome { return listed(request) > 20 ? fault : reply(200, "[]"); }};
    MessageTable table{side.postgrest, layout_of("Message")};
    CHECK(table.stored_ids(conversations(50), side.stop).failed.empty());
    std::vector<std::size_t> sizes;
    for (auto const& request : side.requests()) {
        sizes.push_back(listed(request));
    }
    CHECK(sizes == std::vector<std::size_t>{50, 25, 12, 13, 12, 13});
    table.stored_ids(conversations(50), side.stop);
    for (std::size_t i = sizes.size(); i < side.request_count(); ++i) {
        CHECK(listed(side.requests()[i]) <= 13);
    }
    CHECK(side.clock.naps().empty());
}

TEST_CASE("A look-up of one conversation that takes too long asks for shorter pages, also the next time")
{
    ScriptedSide side{[&](http::Request const& request) -> http::Outcome {
        auto const limit = std::stoul(between(request.target, "limit=", "&"));
        return limit > 300 ? reply(500, R"({"code":"57014"})") : reply(200, "[]");
    }};
    MessageTable table{side.postgrest, layout_of("Message")};
    CHECK(table.stored_ids({"c1"}, side.stop).failed.empty());
    CHECK(side.request_count() == 3);
    table.stored_ids({"c1"}, side.stop);
    CHECK(side.request_count() == 4);
}

TEST_CASE("A conversation whose id makes the URL too long fails alone and shortens no page")
{
    ScriptedSide side{[&](http::Request const& request) -> http::Outcome {
        return request.target.find("c0003") != std::string::npos ? reply(414) : reply(200, "[]");
    }};
    MessageTable table{side.postgrest, layout_of("Message")};
    auto const stored = table.stored_ids(conversations(10), side.stop);
    REQUIRE(stored.failed.size() == 1);
    CHECK(stored.failed.at("c0003").find("HTTP 414") != std::string::npos);
    CHECK(side.requests().back().target.find("limit=1000") != std::string::npos);
}

TEST_CASE("A conversation id that the column refuses has no stored messages; another refusal fails it alone")
{
    auto const code = GENERATE(as<std::string>{}, "22P02", "P0001");
    ScriptedSide side{[&](http::Request const& request) -> http::Outcome {
        return request.target.find("c0003") != std::string::npos
            ? reply(400, R"({"code":")" + code + R"(","message":"invalid input syntax for type uuid: SECRET"})")
            : reply(200, R"([])");
    }};
    auto const stored = MessageTable{side.postgrest, layout_of("Message")}.stored_ids(conversations(10), side.stop);
    CHECK(stored.failed.size() == (code == "P0001" ? 1 : 0));
    for (auto const& [id, reason] : stored.failed) {
        CHECK(id == "c0003");
        CHECK(reason.find("P0001") != std::string::npos);
        CHECK(reason.find("SECRET") == std::string::npos);
    }
}

TEST_CASE("Counting without a number in Content-Range is fatal")
{
    ScriptedSide side{Script::always(reply(200, "[]"))};
    WorkList work{side.postgrest, "Conversation", {}};
    CHECK(text_of<FatalError>([&] { work.open(side.stop); }).find("Content-Range") != std::string::npos);
}

TEST_CASE("A work list page that takes too long is asked for in halves, and the next pages too")
{
    std::vector<std::string> limits;
    ScriptedSide side{[&](http::Request const& request) -> http::Outcome {
        auto const limit = between(request.target, "limit=", "&");
        if (limit == "0") {
            return reply(200, "[]", {{"Content-Range", "*/0"}});
        }
        limits.push_back(limit);
        return std::stoul(limit) > 250 ? reply(500, R"({"code":"57014"})") : reply(200, "[]");
    }};
    WorkList work{side.postgrest, "Conversation", {}};
    work.open(side.stop);
    CHECK(limits == std::vector<std::string>{"1000", "1000", "500", "250"}); // the first with a count
    CHECK(work.at_end());
}

TEST_CASE("A statement timeout of a single row is an error, and not smaller requests for ever")
{
    ScriptedSide side{[](http::Request const& request) -> http::Outcome {
        return request.target.find("limit=0") != std::string::npos ? reply(200, "[]", {{"Content-Range", "*/1"}})
                                                                   : reply(500, R"({"code":"57014"})");
    }};
    CHECK_THROWS_AS((supabase::Keyset{side.postgrest, {"Message", {"id"}}}.next(side.stop)), BatchError);
    CHECK_THROWS_AS((MessageTable{side.postgrest, layout_of("Message")}.stored_ids({"a", "b"}, side.stop)), BatchError);
    CHECK_THROWS_AS((WorkList{side.postgrest, "Conversation", {}}.open(side.stop)), BatchError);
    Selection chosen;
    chosen.only = {"a", "b"};
    CHECK_THROWS_AS((WorkList{side.postgrest, "Conversation", chosen}.open(side.stop)), BatchError);
    Writing writing{side.postgrest, layout_of("Message")};
    CHECK(count_of(upsert(writing, side, {message_row("a", "c"), message_row("b", "c")}), Fate::lost) == 2);
}

TEST_CASE("An id that is chosen twice, far apart, is one conversation, or one that is missing")
{
    ScriptedSide side{[](http::Request const& request) -> http::Outcome {
        bool const there = request.target.find("c0000") != std::string::npos;
        return reply(200, there ? R"([{"id":"c0000","created_time":"2025-01-01T00:00:00Z"}])" : "[]");
    }};
    Selection chosen;
    chosen.only = conversations(60);
    chosen.only->insert(chosen.only->end(), {"c0000", "c0001"});
    WorkList work{side.postgrest, "Conversation", chosen};
    work.open(side.stop);
    CHECK(work.next_batch(10, side.stop).size() == 1);
    CHECK(work.missing().size() == 59);
}

TEST_CASE("Pages that do not move on end the reading: something on the way ignores the query")
{
    ScriptedSide side{Script::always(
        reply(200, R"([{"id":"c1","conversationid":"c0000","created_time":null}])", {{"Content-Range", "*/2"}}))};
    CHECK(text_of<FatalError>([&] {
        MessageTable{side.postgrest, layout_of("Message")}.stored_ids(conversations(1), side.stop);
    }).find("do not move on")
        != std::string::npos);
    CHECK(text_of<FatalError>([&] {
        supabase::Keyset keyset{side.postgrest, {"Message", {"conversationid", "id"}, {0, 1}}};
        while (!keyset.next(side.stop).rows.empty()) {}
    }).find("do not move on")
        != std::string::npos);
    CHECK(text_of<FatalError>([&] {
        WorkList list{side.postgrest, "Conversation", {}};
        list.open(side.stop);
        while (!list.next_batch(1, side.stop).empty()) {}
    }).find("do not move on")
        != std::string::npos);
}

TEST_CASE("A work list that a value spoils is fatal and not an empty list")
{
    auto const only = GENERATE(false, true); // while counting, or while reading
    ScriptedSide side{[&](http::Request const& request) -> http::Outcome {
        bool const counting = request.target.find("limit=0") != std::string::npos;
        return counting && only ? reply(200, "[]", {{"Content-Range", "*/7"}}) : reply(400, R"({"code":"22007"})");
    }};
    WorkList work{side.postgrest, "Conversation", {"2025-01-01T00:00:00Z", "", {}, {}}};
    CHECK(text_of<FatalError>([&] { work.open(side.stop); }).find("22007") != std::string::npos);
}

} // namespace
} // namespace backfill::test