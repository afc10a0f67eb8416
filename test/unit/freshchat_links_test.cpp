// How a walk knows whether another page follows.

#include "freshchat_walk.hpp"

using namespace backfill;
using namespace backfill::test;

TEST_CASE("with links the page without one is the last, one call a page")
{
    Walk walk{{page(60, 40, true), page(40, 20, true), page(20, 0, false)}};
    CHECK(walk.fetch().size() == 60);
    CHECK(walk.script.request_count() == 3);
}

TEST_CASE("without links a short first page is the last")
{
    Walk walk{{page(19, 0, false)}};
    CHECK(walk.fetch().size() == 19);
}

TEST_CASE("without links a clamped server loses nothing: the walk goes on until a page is shorter than the first")
{
    Walk walk{{page(45, 25, false), page(25, 5, false), page(5, 0, false)}};
    CHECK(walk.fetch().size() == 45);
    CHECK(walk.script.request_count() == 3);
}

TEST_CASE("without links a full last page is found out by an empty one or WRONG_PAGE")
{
    auto const end = GENERATE(http::Outcome{page(0, 0, false)}, http::Outcome{wrong_page(404)},
        http::Outcome{wrong_page(400)}, http::Outcome{wrong_page(500)});
    Walk walk{{page(40, 20, false), page(20, 0, false), end}};
    CHECK(walk.fetch().size() == 40);
    CHECK(walk.script.request_count() == 3);
}

TEST_CASE("a link seen in another conversation of the run makes a full page without one the last")
{
    Walk walk{{page(50, 0, false)}};
    walk.account.sends_links = true;
    CHECK(walk.fetch().size() == 50);
    CHECK(walk.script.request_count() == 1);
}

TEST_CASE("a link on the last page costs one more call and nothing else")
{
    Walk walk{{page(30, 10, true), page(10, 0, true), page(0, 0, false)}};
    CHECK(walk.fetch().size() == 30);
    CHECK(walk.account.ended_on_links == 0);
}

TEST_CASE("a server that repeats its last page is left after two pages without news")
{
    auto const links_on = GENERATE(false, true);
    Walk walk{{page(50, 0, links_on), page(50, 0, links_on), page(50, 0, links_on)}};
    CHECK(walk.fetch().size() == 50);
    CHECK(walk.script.request_count() == 3);
    CHECK(walk.account.ended_on_links == (links_on ? 1U : 0U));
}

TEST_CASE("after twenty thousand pages a conversation counts as one without end")
{
    std::vector<http::Outcome> pages;
    for (int n = 1; n <= 20'000; ++n) {
        pages.emplace_back(page(n, n - 1, true));
    }
    Walk walk{std::move(pages)};
    CHECK(walk.failure() == ConversationFailure::other);
    CHECK(walk.why == "it did not end after 20000 pages");
    CHECK(walk.script.request_count() == 20'000);
}

TEST_CASE("a link to the same page or one before is none: it costs no call, and the run still has seen no link")
{
    std::string const href = GENERATE("/v2/conversations/c/messages?page=1&items_per_page=50", "/v2/x?a=b&page=0",
        "https://elsewhere.invalid/v2/x?page=-1", "/v2/x?page=1#top");
    Walk walk{{page(19, 0, href)}};
    CHECK(walk.fetch().size() == 19);
    CHECK(walk.script.request_count() == 1);
    CHECK_FALSE(walk.account.sends_links);
    Walk clamped{{page(45, 25, href), page(25, 5, href), page(5, 0, href)}};
    CHECK(clamped.fetch().size() == 45);
}

TEST_CASE("a link to a later page, or to one that it does not name, means more")
{
    std::string const href =
        GENERATE("/v2/x?page=2", "/v2/x?from_time=2025-01-01T00:00:00.000Z&items_per_page=1&page=7", "/v2/next",
            "/v2/x?items_per_page=1", "/v2/x?page=", "/v2/x?page=next", "/v2/x?page=99999999999", "?", "/v2/x#page=1");
    Walk walk{{page(19, 10, href), page(10, 0, false)}};
    CHECK(walk.fetch().size() == 19);
    CHECK(walk.account.sends_links);
}

TEST_CASE("an empty page that links on is read past, three of them in a row are the end")
{
    Walk walk{{page(0, 0, true), page(40, 30, true), page(0, 0, true), page(0, 0, true), page(30, 20, true),
        page(0, 0, true), page(0, 0, true), page(0, 0, true)}};
    CHECK(walk.fetch().size() == 20);
    CHECK(walk.script.request_count() == 8);
    CHECK(walk.clock.naps().size() == 7);
    CHECK(walk.account.ended_on_links == 1);
    Walk ended{{page(40, 20, true), page(0, 0, false)}};
    CHECK(ended.fetch().size() == 20);
    CHECK(ended.account.ended_on_links == 0);
}

TEST_CASE("empty pages between are no news either")
{
    Walk walk{{page(50, 0, true), page(50, 0, true), page(0, 0, true), page(50, 0, true)}};
    CHECK(walk.fetch().size() == 50);
    CHECK(walk.script.request_count() == 4);
}

TEST_CASE("an empty page says nothing about what is stored")
{
    Walk walk{{page(0, 0, true), page(20, 0, false)}};
    walk.enough = [](auto const& messages) { return messages.empty(); };
    CHECK(walk.fetch().size() == 20);
}

TEST_CASE("one page without news is not the end: new messages can shift a whole page")
{
    Walk walk{{page(60, 40, true), page(60, 40, true), page(40, 20, true), page(40, 20, true), page(20, 0, false)}};
    CHECK(walk.fetch().size() == 60);
}
