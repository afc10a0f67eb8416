// How a work list is counted, and where it ends.

#include "support/scripted_transport.hpp"
#include "support/supabase_side.hpp"

#include "backfill/supabase/work_list.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace backfill::test {
namespace {

using supabase::WorkList;

TEST_CASE("A work list that a page holds takes one request, which counts it, too")
{
    ScriptedSide side{
        {reply(200, R"([{"id":"a","created_time":"2025-01-01T00:00:00Z"},{"id":"b","created_time":null}])",
            {{"Content-Range", "0-1/2"}})}};
    WorkList work{side.postgrest, "Conversation", {}};
    work.open(side.stop);
    CHECK(work.matching() == 2);
    CHECK(work.next_batch(5, side.stop).size() == 2);
    CHECK(work.at_end());
    CHECK(work.unread(side.stop) == 0);
    CHECK(header_of(side.requests().at(0), "Prefer") == "count=exact");
}

TEST_CASE("What a work list's first page does not hold is counted by it; from a cursor on, the next pass by a request")
{
    std::vector<std::string> counts;
    ScriptedSide side{[&](http::Request const& request) -> http::Outcome {
        if (request.target.find("limit=0") != std::string::npos) {
            counts.push_back(request.target);
            return reply(206, "[]", {{"Content-Range", "*/7"}});
        }
        return reply(206, R"([{"id":"b","created_time":"2025-01-01T00:00:00Z"}])", {{"Content-Range", "0-0/5"}});
    }};
    bool const from_cursor = GENERATE(false, true);
    supabase::Selection selection;
    if (from_cursor) {
        selection.after = Conversation{"a", "2025-01-01T00:00:00+00:00"};
    }
    WorkList work{side.postgrest, "Conversation", selection};
    work.open(side.stop);
    CHECK(work.matching() == (from_cursor ? 12 : 5));
    std::vector<std::string> expected;
    if (from_cursor) {
        expected.emplace_back("/Conversation?select=id&limit=0&id=not.is.null&created_time=is.null");
    }
    CHECK(counts == expected);
}

TEST_CASE("A first page that ends with an empty time is dropped unless it is all: that may be a text, or none")
{
    std::vector<std::string> pages;
    ScriptedSide side{[&](http::Request const& request) -> http::Outcome {
        auto const is = [&](char const* part) { return request.target.find(part) != std::string::npos; };
        if (is("limit=0")) {
            return reply(206, "[]", {{"Content-Range", "*/0"}});
        }
        pages.push_back(request.target);
        if (is("created_time=is.null")) {
            return reply(200, "[]", {{"Content-Range", "*/0"}});
        }
        return is("created_time=gte")
            ? reply(200, R"([{"id":"b","created_time":"monday"}])", {{"Content-Range", "0-0/1"}})
            : reply(206, R"([{"id":"a","created_time":""}])", {{"Content-Range", "0-0/2"}});
    }};
    WorkList work{side.postgrest, "Conversation", {}};
    work.open(side.stop);
    CHECK(work.matching() == 2);
    CHECK(work.next_batch(5, side.stop).size() == 2);
    CHECK(work.at_end());
    REQUIRE(pages.size() == 4);
    CHECK(pages[1].ends_with("&created_time=not.is.null"));
}

TEST_CASE("A work list that was counted too low or too high before goes on until rows and count are of one moment")
{
    auto const last = GENERATE(1, 2, 0); // rows that are there when the second page is read: as counted, more, fewer
    ScriptedSide side{[&](http::Request const& request) -> http::Outcome {
        auto const is = [&](char const* part) { return request.target.find(part) != std::string::npos; };
        if (is("created_time=is.null")) {
            return reply(200, "[]", {{"Content-Range", "*/0"}});
        }
        auto const row = [](std::string const& id) {
            return R"([{"id":")" + id + R"(","created_time":"2025-01-01T00:00:00Z"}])";
        };
        if (!is("created_time=gte")) {
            return reply(206, row("a"), {{"Content-Range", "0-0/2"}});
        }
        auto const left = is("id.gt.a") ? last : last - 1;
        return left <= 0
            ? reply(200, "[]", {{"Content-Range", "*/0"}})
            : reply(206, row(is("id.gt.a") ? "b" : "c"), {{"Content-Range", "0-0/" + std::to_string(left)}});
    }};
    WorkList work{side.postgrest, "Conversation", {}};
    work.open(side.stop);
    CHECK(work.matching() == 2);
    CHECK(work.next_batch(10, side.stop).size() == static_cast<std::size_t>(1 + last));
    CHECK(work.at_end());
}

TEST_CASE("Where counting takes too long, an estimate tells how many, and only an empty page ends the list")
{
    std::vector<std::string> pages;
    ScriptedSide side{[&](http::Request const& request) -> http::Outcome {
        if (header_of(request, "Prefer") == "count=exact") {
            return reply(500, R"({"code":"57014"})");
        }
        if (request.target.find("limit=0") != std::string::npos) {
            return reply(200, "[]", {{"Content-Range", "*/1"}});
        }
        pages.push_back(request.target);
        bool const first = request.target.find("created_time=") == std::string::npos;
        return first ? reply(200, R"([{"id":"a","created_time":"2025-01-01T00:00:00Z"}])", {{"Content-Range", "0-0/1"}})
                     : reply(200, "[]", {{"Content-Range", "*/0"}});
    }};
    WorkList work{side.postgrest, "Conversation", {}};
    work.open(side.stop);
    CHECK(work.is_estimate());
    CHECK(work.next_batch(10, side.stop).size() == 1);
    CHECK(work.at_end());
    CHECK(pages.size() == 3);
}

} // namespace
} // namespace backfill::test
