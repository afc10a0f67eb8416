#include "freshchat_walk.hpp"

#include <algorithm>

using namespace backfill;
using namespace backfill::test;

TEST_CASE("pages are asked for by number with the token, and ids are percent-encoded")
{
    Walk walk{{page(50, 25, true), page(25, 0, false)}};
    CHECK(walk.fetch("a/b c").size() == 50);
    auto const requests = walk.script.requests();
    REQUIRE(requests.size() == 2);
    CHECK(requests[0].target == "/conversations/a%2Fb%20c/messages?page=1&items_per_page=50");
    CHECK(requests[1].target == "/conversations/a%2Fb%20c/messages?page=2&items_per_page=50");
    CHECK(header_of(requests[1], "Authorization") == "Bearer tok");
    CHECK(walk.clock.naps() == std::vector<Clock::Duration>{500ms});
}

TEST_CASE("each message comes once, the first copy, newest first")
{
    Walk walk{{reply(200, R"({"messages":[{"id":"b","actor_type":"first"},{"id":"a"}],"link":{"href":"x"}})"),
        reply(200,
            R"({"messages":[{"id":"b","actor_type":"second"},{"id":"c"},{"actor_type":"nameless"},{"actor_type":"nameless"}]})")}};
    auto const messages = walk.fetch();
    REQUIRE(messages.size() == 4);
    CHECK(messages[0].actor_type == "first");
    CHECK(messages[1].id == "a");
    CHECK(messages[2].id == "c");
    CHECK(messages[3].actor_type == "nameless");
}

TEST_CASE("an empty conversation is one call")
{
    Walk walk{{page(0, 0, false)}};
    CHECK(walk.fetch().empty());
    CHECK(walk.clock.naps().empty());
}

TEST_CASE("answers that may pass are tried four times, after 1, 2 and 4 seconds and up to a tenth more")
{
    auto const bad = GENERATE(http::Outcome{reply(408)}, http::Outcome{reply(425)}, http::Outcome{reply(429)},
        http::Outcome{reply(500)}, http::Outcome{reply(503, "<html>")}, http::Outcome{reply(599)},
        http::Outcome{reply(200, "{\"messages\":[")}, http::Outcome{reply(200, "")},
        http::Outcome{no_reply(http::TransportError::Kind::truncated)},
        http::Outcome{no_reply(http::TransportError::Kind::timeout)},
        http::Outcome{no_reply(http::TransportError::Kind::closed)},
        http::Outcome{no_reply(http::TransportError::Kind::resolve)});
    Walk walk{{bad, bad, bad, bad}};
    walk.failure();
    CHECK(walk.why.find("gave up after 4 tries") != std::string::npos);
    auto const naps = walk.clock.naps();
    REQUIRE(naps.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        std::chrono::milliseconds const base = 1s * (1 << i);
        CHECK(naps[i] >= base);
        CHECK(naps[i] <= base + base / 10);
    }
    CHECK(naps[0] + naps[1] + naps[2] > 7s); // chance has it once in eight million times that nothing is added
}

TEST_CASE("a fault that passes leaves no trace in the result")
{
    Walk walk{{reply(503), page(25, 5, true), reply(200, "{\"messages\""), page(5, 0, false)}};
    CHECK(walk.fetch().size() == 25);
}

TEST_CASE("failures are told apart by what they mean, and are not tried again")
{
    auto const [outcome, kind, text] = GENERATE(table<http::Outcome, ConversationFailure, std::string>({
        {reply(404, R"({"status":"NOT_FOUND"})"), ConversationFailure::not_found,
            "not found (HTTP 404), status NOT_FOUND"},
        {reply(403, R"({"status":"FORBIDDEN"})"), ConversationFailure::forbidden,
            "HTTP 403, status FORBIDDEN: the token's rights, or not the host shown beside the token"},
        {reply(302), ConversationFailure::wrong_host, "HTTP 302, a redirect: the wrong host?"},
        {reply(200, "  <!DOCTYPE html>"), ConversationFailure::wrong_host,
            "HTTP 200 with HTML in place of JSON: a portal, so the wrong host"},
        {reply(400, "", {{"X-Trace-ID", "00-81"}}), ConversationFailure::other, "HTTP 400 (X-Trace-ID 00-81)"},
        {reply(400, R"({"status":"400"})", {{"X-Trace-ID", ""}}), ConversationFailure::other, "HTTP 400"},
        {reply(400, R"({"status":400})"), ConversationFailure::other, "HTTP 400"},
        {wrong_page(404), ConversationFailure::not_found, "not found (HTTP 404), status WRONG_PAGE"},
        {no_reply(http::TransportError::Kind::tls, "certificate"), ConversationFailure::network, "TLS: certificate"},
    }));
    Walk walk{{outcome, reply(404)}};
    CHECK(walk.failure() == kind);
    CHECK(walk.why == text);
    bool const asks_for_its_ids = kind == ConversationFailure::not_found;
    CHECK(walk.script.request_count() == (asks_for_its_ids ? 2 : 1));
}

TEST_CASE("a later page that is not found is a failure, not an unknown conversation")
{
    Walk walk{{page(40, 20, true), reply(404)}};
    CHECK(walk.failure() == ConversationFailure::other);
    CHECK(walk.why == "page 2 not found (HTTP 404)");
    CHECK(walk.script.request_count() == 2);
}

TEST_CASE("a conversation with more text than memory should hold fails, however it comes")
{
    auto const* const message =
        GENERATE(R"({"message_parts":["@"],"id":"m"})", R"({"id":"@m"})", R"({"id":"m","x":"@"})");
    std::vector<http::Outcome> pages;
    for (int i = 1; i <= 4; ++i) {
        std::string text{message};
        text.replace(text.find('@'), 1, std::to_string(i) + std::string(300'000, 'x'));
        text.replace(text.find("m\""), 1, "m" + std::to_string(i));
        pages.emplace_back(reply(200, R"({"messages":[)" + text + R"(],"link":{"href":"/v2/next"}})"));
    }
    Walk walk{pages};
    walk.raw = std::string_view{message}.ends_with(R"("x":"@"})");
    CHECK(walk.failure() == ConversationFailure::other);
    CHECK(walk.why == "by page 4 it holds more than 1 MB of text: too much to keep in memory");
}

TEST_CASE("a 429 that stays is told from other failures")
{
    auto const too_many = reply(429, R"({"status":"TOO_MANY_REQUESTS"})");
    Walk walk{{too_many, too_many, too_many, too_many}};
    CHECK(walk.failure() == ConversationFailure::throttled);
    CHECK(walk.why == "HTTP 429 (gave up after 4 tries), status TOO_MANY_REQUESTS");
}

TEST_CASE("a refused token is fatal and says what to check")
{
    Walk walk{{reply(401, R"({"code":401,"status":"UNAUTHENTICATED"})")}};
    CHECK_THROWS_AS(walk.fetch(), FatalError);
}

TEST_CASE("a Retry-After longer than the backoff is kept, zero and past ones are no hint")
{
    auto const [value, wait] = GENERATE(table<std::string, std::chrono::seconds>(
        {{"7", 7s}, {"0", 1s}, {"-5", 1s}, {"soon", 1s}, {"Mon, 01 Jan 2024 00:00:20 GMT", 20s}}));
    Walk walk{{reply(429, "", {{"Retry-After", value}, {"Date", "Mon, 01 Jan 2024 00:00:00 GMT"}}), page(1, 0, false)}};
    walk.fetch();
    CHECK(walk.clock.slept() >= wait);
    CHECK(walk.clock.slept() <= wait + 100ms);
}

TEST_CASE("a Retry-After above 15 minutes fails the conversation without waiting")
{
    Walk walk{{reply(429, "", {{"Retry-After", "901"}})}};
    walk.failure();
    CHECK(walk.clock.slept() == 0s);
    CHECK(walk.why.find("asks to wait 901 s") != std::string::npos);
}

TEST_CASE("a stop ends the delay between pages and the backoff at once")
{
    auto const first = GENERATE(http::Outcome{page(30, 10, true)}, http::Outcome{reply(503)});
    Walk walk{{first}};
    walk.clock.on_nap([&](auto) { walk.stop.request_stop(); });
    CHECK_THROWS_AS(walk.fetch(), Stopped);
    CHECK(walk.script.request_count() == 1);
}

TEST_CASE("an id that would be another path is not asked for")
{
    auto const id = GENERATE(as<std::string>{}, "", ".", "..");
    Walk walk{{}};
    CHECK_THROWS_WITH(walk.fetch(id), "its id is no Freshchat id (a UUID or a number)");
    CHECK(walk.script.request_count() == 0);
}
