#pragma once

#include "support/quota_model.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace backfill::test {

// Every switch stands for something that is unknown [?], or known from one source only [S], about Freshchat v2: the
// client must not depend on it. Defaults are the likeliest behaviour.

/// The `link` of a page that others follow. `href` is absolute or starts with /v2/ [C], may carry from_time [S], may be
/// the page's own [S]; `rel` is unknown [?].
enum class LinkForm { relative, absolute, without_rel, absent, self, with_from_time };

/// The ids by which the messages of a conversation can be asked for: its own, its number, or either [?].
/// `GET /v2/conversations/{id}` knows both.
enum class Ids { uuid_only, numeric_only, both };

/// The `link` of the last page: missing or null [C]; `present` is a server that lies.
enum class LastLink { missing, null, present };

/// A page after the last: empty messages [S], or an error with status WRONG_PAGE [S]; `repeat_last` [?].
enum class PastEnd { empty, wrong_page, repeat_last };

/// How bodies are framed: Content-Length, chunked, or ended by closing the connection.
enum class Framing { length, chunked, until_close };

/// What happens at the newest end of a conversation once while it is walked.
enum class Change { none, insert, remove };

/// Whether pages are packed for clients that ask for it.
enum class Packing { plain, gzip };

enum class Recording { everything, counters };

enum class FaultKind {
    status,             ///< `status` with `body`, `retry_after` and `rate_headers`
    html_200,           ///< a portal's page: 200 and HTML [S]
    redirect,           ///< 302 to a login page on another host
    reset,              ///< RST instead of an answer
    close,              ///< FIN instead of an answer
    close_after,        ///< a whole answer that promises keep-alive, then FIN
    cut_header,         ///< FIN in the middle of the header block
    cut_length,         ///< FIN in the middle of a body with Content-Length
    cut_chunk,          ///< FIN in the middle of a chunk
    missing_last_chunk, ///< FIN where the chunk of length 0 belongs
    hang,               ///< no answer until the client or the simulator gives up
    stall,              ///< header and half of the body, then as hang
    drip,               ///< the whole answer, one byte each `interval`
    drip_body,          ///< the body, one byte each `interval`
    gzip,               ///< Content-Encoding: gzip, unasked
    broken_json,        ///< half of the body with a Content-Length that fits it
    lone_surrogate,     ///< this and the next four: the page's first message starts with a key `injected` that has it
    invalid_utf8,
    nul_escape,
    huge_integer,
    deep_nesting, ///< `size` brackets deep
    huge_body,    ///< an ordinary page with a key `padding` that makes it `size` bytes
    gzip_bomb,    ///< a small body that unpacks to `size` bytes
    interim,      ///< `size` interim answers with `status` (1xx) before the real one
    page_before,  ///< the page before the one that was asked for; behind a FaultProxy: the last answer of that place
                  ///< again
    endless,      ///< each page holds one message that no other has, and a link to the next
    clamp,        ///< behind a FaultProxy: never more than `size` rows, whatever is asked for
};

enum class ErrorBody { json, success_false, html, text, empty };
enum class RetryAfter { none, seconds, date, zero };

/// `limit`: X-RateLimit-Limit, -Remaining, -Reset [S]; `total`: X-RateLimit-Total, -Remaining, as sister products do.
enum class RateHeaders { none, limit, total };

/// In place of a page: `GET /v2/conversations/{id}`.
inline constexpr int kTheConversation = -1;

inline constexpr std::size_t kAlways = static_cast<std::size_t>(-1);

/// Strikes requests `after + 1` to `after + times` among those that match. When several faults match, the first one
/// in the list that still has strikes left wins; the others don't count the request.
struct Fault {
    std::string conversation = {}; ///< empty = any; behind a FaultProxy what Supabase is asked for
    int page = 0;                  ///< 0 = any; kTheConversation
    std::size_t after = 0;
    std::size_t times = 1;

    FaultKind kind = FaultKind::status;
    int status = 503;
    ErrorBody body = ErrorBody::json;
    std::string code = {};    ///< with ErrorBody::json: PostgREST's form, with this code; empty = Freshchat's
    std::string message = {}; ///< PostgREST's; empty = one that says it is simulated
    RetryAfter retry_after = RetryAfter::none;
    std::chrono::seconds wait{1}; ///< for RetryAfter::seconds and ::date
    RateHeaders rate_headers = RateHeaders::none;
    std::chrono::milliseconds interval{1000}; ///< drip, drip_body
    std::size_t size = 0; ///< deep_nesting (0 = 100 000), huge_body (0 = 100 MB), gzip_bomb (0 = 100 MB), interim,
                          ///< clamp; page_before (0 = as asked)
    /// What an answer of the fault's own says wherever there is room: in each text of its body, be it JSON, HTML or
    /// plain, and in the headers that name the request. Secrets, and what customers wrote.
    std::vector<std::string> quotes = {};
};

/// How the simulator behaves; see `Simulator::set_switches`.
struct Switches {
    std::string token = "test-token";
    std::string prefix = {}; ///< before /v2, "/acme" for example

    std::size_t page_clamp = 50; ///< pages are never longer, whatever is asked for
    LinkForm link = LinkForm::relative;
    LastLink last_link = LastLink::missing;
    std::string link_origin = "https://elsewhere.invalid"; ///< of absolute links: not the host that was asked
    PastEnd past_end = PastEnd::empty;
    Ids ids = Ids::uuid_only;
    Framing framing = Framing::length;

    Change change = Change::none;
    int change_after_page = 1;    ///< it happens when this page of a conversation was answered for the first time
    std::size_t change_count = 1; ///< messages inserted or removed

    std::chrono::milliseconds latency{0};
    QuotaRule quota = {}; ///< none unless set
    Packing packing = Packing::plain;
    std::vector<Fault> faults = {};
    Recording recording = Recording::everything;
};

} // namespace backfill::test
