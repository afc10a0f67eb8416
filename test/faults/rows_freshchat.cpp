// What Freshchat and the network before it may do.

#include "faults/row.hpp"

#include <string>
#include <utility>

namespace backfill::test {
namespace {

using enum FaultKind;

std::string const kRetried = "freshchat: HTTP 200";
std::string const kClosed = "freshchat: Connection closed";
std::string const kCut = "freshchat: Answer cut off";
std::string const kTimeout = "freshchat: Connection timeout";

Switches changing(Change change, int after_page)
{
    Switches switches;
    switches.change = change;
    switches.change_count = 3;
    switches.change_after_page = after_page;
    return switches;
}

Switches framed(Framing framing, Packing packing)
{
    Switches switches;
    switches.framing = framing;
    switches.packing = packing;
    return switches;
}

/// One transport serves all places: one fault at each of them, and each fault at one.
std::vector<Row> passing()
{
    return {
        {"reset", place::kFirstPage, {0}, kClosed, once(reset)},
        {"reset", place::kPageOne, {0}, kClosed, once(reset)},
        {"reset", place::kMiddlePage, {0}, kClosed, once(reset)},
        {"reset", place::kLastPage, {0}, kClosed, once(reset)},
        {"reset", place::kEnd, {0}, kClosed, once(reset)},
        {"closed without an answer", place::kPageOne, {0}, kClosed, once(close)},
        {"kept connection closed", place::kEveryPage, {0}, "", for_good(close_after)},
        {"header cut", place::kPageOne, {0}, kCut, once(cut_header)},
        {"body cut", place::kMiddlePage, {0}, kCut, once(cut_length)},
        {"chunk cut", place::kMiddlePage, {0}, kCut, once(cut_chunk)},
        {"last chunk missing", place::kLastPage, {0}, kCut, once(missing_last_chunk)},
        {"hangs", place::kMiddlePage, {0}, kTimeout, once(hang)},
        {"hangs in the body", place::kLastPage, {0}, kTimeout, once(stall)},
        {"one byte a second", place::kPageOne, {0}, kTimeout, once(drip)},
        {"one byte of the body a second", place::kMiddlePage, {0}, kTimeout, once(drip_body)},
        {"two 103 before the answer", place::kPageOne, {0}, "", Fault{.kind = interim, .status = 103, .size = 2}},
        {"100 before the answer", place::kLastPage, {0}, "", Fault{.kind = interim, .status = 100, .size = 1}},
        {"1000 of 103", place::kPageOne, {0}, "too many interim answers",
            Fault{.kind = interim, .status = 103, .size = 1000}},
        {"101", place::kPageOne, {0}, "switched protocols", Fault{.kind = interim, .status = 101, .size = 1}},
        {"gzip unasked", place::kMiddlePage, {0}, "", once(gzip)},
        {"gzip bomb of 100 MB", place::kPageOne, {0}, "larger than", once(gzip_bomb)},
        {"100 MB", place::kLastPage, {0}, "larger than", once(huge_body)},
        {"30 MB", place::kMiddlePage, {0}, "", once(huge_body, 30'000'000)},
        {"half of the JSON", place::kMiddlePage, {0}, kRetried, once(broken_json)},
        {"nested 100 deep", place::kPageOne, {0}, "", once(deep_nesting, 100)},
        {"nested 128 deep", place::kPageOne, {0}, kRetried, once(deep_nesting, 128)},
        {"nested 1 000 000 deep", place::kPageOne, {0}, kRetried, once(deep_nesting, 1'000'000)},
        {"lone surrogate", place::kPageOne, {0}, "", once(lone_surrogate)},
        {"broken UTF-8", place::kPageOne, {0}, "", once(invalid_utf8)},
        {"NUL", place::kPageOne, {0}, "", once(nul_escape)},
        {"huge integer", place::kPageOne, {0}, "", once(huge_integer)},
        {"the page before again", place::kMiddlePage, {0}, "", once(page_before)},
    };
}

std::vector<Row> staying()
{
    Environment const at_once{{"CONCURRENCY", "12"}};
    return {
        {"always closed", place::kPageOne, {3}, "Connection closed", for_good(close)},
        {"always reset", place::kPageOne, {3}, "Connection closed", for_good(reset)},
        {"always cut", place::kLastPage, {3}, "Answer cut off", for_good(cut_length)},
        {"always hangs", place::kMiddlePage, {3}, "Connection timeout", for_good(hang)},
        {"always one byte a second", place::kEnd, {3}, "Connection timeout", for_good(drip)},
        {"always half of the JSON", place::kPageOne, {3}, "no page of messages", for_good(broken_json)},
        {"always 100 MB", place::kPageOne, {3}, "larger than", for_good(huge_body)},
        {"always a gzip bomb", place::kLastPage, {3}, "larger than", for_good(gzip_bomb)},
        {"always nested 100 000 deep", place::kPageOne, {3}, "no page of messages", for_good(deep_nesting)},
        {"always reset", place::kEveryPage, {1}, "Freshchat", for_good(reset), at_once},
        {"always closed", place::kEveryPage, {1}, "Freshchat", for_good(close), at_once},
        {"200 with HTML", place::kFirstPage, {1}, "wrong host", for_good(html_200)},
        {"200 with HTML", place::kPageOne, {3}, "wrong host", once(html_200)},
        {"redirect", place::kFirstPage, {1}, "redirect", for_good(redirect)},
        {"redirect", place::kLastPage, {3}, "redirect", once(redirect)},
        {"pages that never end", place::kEnd, {3}, "did not end after 20000 pages", for_good(endless),
            {{"REQUEST_TIMEOUT", "10"}}},
        {"nobody listens", place::kStart, {1}, "Connection failed", {}, {{"FRESHCHAT_DOMAIN", "http://127.0.0.1:1"}}},
        {"no such name", place::kStart, {1}, "Host name not found", {}, {{"FRESHCHAT_DOMAIN", "nowhere.invalid"}}},
        {"wrong token", place::kStart, {1}, "refused the token", {}, {{"FRESHCHAT_TOKEN", "another-token-7d1e9b"}}},
        {"token revoked", place::kFirstPage, {1}, "refused the token", Fault{.times = kAlways, .status = 401}},
        {"token revoked", place::kMiddlePage, {1}, "refused the token", Fault{.times = kAlways, .status = 401}},
    };
}

/// No fault of one answer: a server with habits. Those of links and ends of pages are in test/program. What changes
/// while pages are read stays changed in the second run.
std::vector<Row> habits()
{
    auto row = [](std::string fault, Switches switches) {
        Row made{std::move(fault), place::kEveryPage, {0}, ""};
        made.switches = std::move(switches);
        return made;
    };
    return {
        row("links of another host", {.link = LinkForm::absolute}),
        row("chunked", framed(Framing::chunked, Packing::plain)),
        row("ended by closing", framed(Framing::until_close, Packing::plain)),
        row("packed and chunked", framed(Framing::chunked, Packing::gzip)),
        row("messages inserted after page 1", changing(Change::insert, 1)),
        row("messages inserted after page 3", changing(Change::insert, 3)),
        row("messages deleted after page 1", changing(Change::remove, 1)),
        row("messages deleted after page 3", changing(Change::remove, 3)),
    };
}

} // namespace

std::vector<Row> freshchat_rows()
{
    auto rows = passing();
    for (auto const& more : {staying(), habits()}) {
        rows.insert(rows.end(), more.begin(), more.end());
    }
    return rows;
}

/// Every status of the contract. Kinds of body and places take turns.
std::vector<Row> freshchat_status_rows()
{
    struct Case {
        int status;
        std::vector<int> codes;
        std::string said;
    };
    // Struck once: what may pass costs a try, all else fails its conversation, and a 401 or a first 403 the run.
    std::vector<Case> const cases{{400, {3}, "HTTP 400"}, {401, {1}, "refused the token"}, {403, {3}, "HTTP 403"},
        {404, {3}, "not found"}, {405, {3}, "HTTP 405"}, {408, {0}, "HTTP 408"}, {410, {3}, "HTTP 410"},
        {422, {3}, "HTTP 422"}, {425, {0}, "HTTP 425"}, {429, {0}, "HTTP 429"}, {500, {0}, "HTTP 500"},
        {501, {0}, "HTTP 501"}, {502, {0}, "HTTP 502"}, {503, {0}, "HTTP 503"}, {504, {0}, "HTTP 504"}};
    std::vector<std::pair<ErrorBody, char const*>> const bodies{{ErrorBody::json, "JSON"},
        {ErrorBody::success_false, "success:false"}, {ErrorBody::html, "HTML"}, {ErrorBody::text, "text"},
        {ErrorBody::empty, "nothing"}};
    std::vector<std::string> const places{place::kPageOne, place::kMiddlePage, place::kLastPage, place::kEnd};
    std::vector<Row> rows;
    for (auto const& one : cases) {
        auto const& [body, name] = bodies[rows.size() % bodies.size()];
        rows.push_back({std::to_string(one.status) + " with " + name, places[rows.size() % places.size()], one.codes,
            one.said, Fault{.status = one.status, .body = body}});
    }
    auto const hint = [](std::string fault, std::vector<int> codes, RetryAfter form, std::chrono::seconds wait) {
        return Row{std::move(fault), place::kMiddlePage, std::move(codes), "HTTP 429",
            Fault{.status = 429, .retry_after = form, .wait = wait, .rate_headers = RateHeaders::limit}};
    };
    rows.push_back(hint("429, Retry-After: 2", {0}, RetryAfter::seconds, std::chrono::seconds{2}));
    rows.push_back(hint("429, Retry-After: a date", {0}, RetryAfter::date, std::chrono::seconds{2}));
    rows.push_back(hint("429, Retry-After: 0", {0}, RetryAfter::zero, {}));
    rows.push_back(hint("429, Retry-After: an hour", {10}, RetryAfter::seconds, std::chrono::hours{1}));
    rows.back().failed = 0; // the run stops, the conversation is not reached
    rows.push_back({"403 for good", place::kFirstPage, {1}, "HTTP 403", Fault{.times = kAlways, .status = 403}});
    rows.push_back({"404 for good", place::kFirstPage, {3}, "not found", Fault{.times = kAlways, .status = 404}});
    rows.push_back({"503 for good", place::kEveryPage, {1}, "ten conversations in a row",
        Fault{.times = kAlways, .body = ErrorBody::text}, {{"CONCURRENCY", "12"}}});
    rows.push_back(
        {"429 for good", place::kPageOne, {3}, "gave up after 4 tries", Fault{.times = kAlways, .status = 429}});
    return rows;
}

} // namespace backfill::test
