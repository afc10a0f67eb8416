// What Supabase, PostgREST's answers and the network before them may do.

#include "faults/ground.hpp"
#include "faults/outcome.hpp"
#include "faults/row.hpp"

#include "support/fault_proxy.hpp"

#include <array>
#include <string>
#include <utility>

namespace backfill::test {
namespace {

using enum FaultKind;

std::string const kSupabaseClosed = "supabase: Connection closed";
std::string const kSupabaseCut = "supabase: Answer cut off";
std::string const kSupabaseTimeout = "supabase: Connection timeout";

/// Not the first: the second batch's.
Fault second(FaultKind kind)
{
    return {.after = 1, .kind = kind};
}

/// The third batch's.
Fault last(FaultKind kind)
{
    return {.after = 2, .kind = kind};
}

/// What fails with an upsert that is lost for good: all that its batch would have stored.
void expect_lost_batch(Row& row)
{
    auto const batch = ground().batch_with_rows(row.strike->after, kBatchSize);
    row.failed = batch.size();
    row.messages_failed = 0;
    for (auto const& id : batch) {
        *row.messages_failed += ground().rows().at(id);
    }
}

bool loses_an_upsert(Row const& row)
{
    return row.where == place::kUpsert && row.codes == std::vector{3};
}

} // namespace

/// One transport serves all places: one fault at each of them, and each fault where a lost answer costs most.
std::vector<Row> supabase_rows()
{
    std::vector<Row> rows{
        {"reset", place::kPreflight, {0}, kSupabaseClosed, once(reset)},
        {"reset", place::kColumns, {0}, kSupabaseClosed, once(reset)},
        {"reset", place::kRights, {0}, kSupabaseClosed, once(reset)},
        {"reset", place::kWorkList, {0}, kSupabaseClosed, once(reset)},
        {"reset", place::kStoredIds, {0}, kSupabaseClosed, once(reset)},
        {"reset", place::kUpsert, {0}, kSupabaseClosed, once(reset)},
        {"reset", place::kDescription, {0}, kSupabaseClosed, once(reset)},
        {"half of the JSON", place::kDescription, {0}, "", once(broken_json)},
        {"reset, second one", place::kUpsert, {0}, kSupabaseClosed, second(reset)},
        {"reset, the last one", place::kStoredIds, {0}, kSupabaseClosed, last(reset)},
        {"reset, the last one", place::kUpsert, {0}, kSupabaseClosed, last(reset)},
        {"closed without an answer", place::kUpsert, {0}, kSupabaseClosed, second(close)},
        {"kept connection closed", place::kUpsert, {0}, "", for_good(close_after)},
        {"header cut", place::kUpsert, {0}, kSupabaseCut, once(cut_header)},
        {"body cut", place::kWorkList, {0}, kSupabaseCut, once(cut_length)},
        {"body cut", place::kUpsert, {0}, kSupabaseCut, once(cut_length)},
        {"chunk cut", place::kWorkList, {0}, kSupabaseCut, once(cut_chunk)},
        {"last chunk missing", place::kStoredIds, {0}, kSupabaseCut, once(missing_last_chunk)},
        {"hangs", place::kStoredIds, {0}, kSupabaseTimeout, once(hang)},
        {"hangs", place::kUpsert, {0}, kSupabaseTimeout, once(hang)},
        {"hangs, the last one", place::kUpsert, {0}, kSupabaseTimeout, last(hang)},
        {"body cut, the last one", place::kUpsert, {0}, kSupabaseCut, last(cut_length)},
        {"hangs in the body", place::kUpsert, {0}, kSupabaseTimeout, second(stall)},
        {"one byte a second", place::kStoredIds, {0}, kSupabaseTimeout, once(drip)},
        {"one byte of the body a second", place::kWorkList, {0}, kSupabaseTimeout, once(drip_body)},
        {"two 103 before the answer", place::kWorkList, {0}, "", Fault{.kind = interim, .status = 103, .size = 2}},
        {"100 before the answer", place::kUpsert, {0}, "", Fault{.kind = interim, .status = 100, .size = 1}},
        {"1000 of 103", place::kStoredIds, {0}, "too many interim answers",
            Fault{.kind = interim, .status = 103, .size = 1000}},
        {"101", place::kUpsert, {0}, "switched protocols", Fault{.kind = interim, .status = 101, .size = 1}},
        {"gzip unasked", place::kWorkList, {0}, "", once(gzip)},
        {"gzip bomb of 100 MB", place::kStoredIds, {0}, "larger than", once(gzip_bomb)},
        {"100 MB", place::kWorkList, {0}, "larger than", once(huge_body)},
        {"half of the JSON", place::kWorkList, {0}, kSupabaseRetried, once(broken_json)},
        {"half of the JSON", place::kUpsert, {0}, kSupabaseRetried, once(broken_json)},
        {"nested 1 000 000 deep", place::kWorkList, {0}, kSupabaseRetried, once(deep_nesting, 1'000'000)},

        {"200 with HTML", place::kPreflight, {1}, "HTML in place of JSON", once(html_200)},
        {"200 with HTML", place::kStoredIds, {1}, "HTML in place of JSON", second(html_200)},
        {"200 with HTML", place::kUpsert, {1}, "HTML in place of JSON", once(html_200)},
        {"redirect", place::kWorkList, {1}, "HTTP 302", once(redirect)},
        {"redirect", place::kUpsert, {1}, "HTTP 302", second(redirect)},
        {"always reset", place::kPreflight, {1}, "gave up after 6 tries", for_good(reset)},
        {"always hangs", place::kWorkList, {1}, "gave up after 6 tries", for_good(hang)},
        {"always half of the JSON", place::kWorkList, {1}, "gave up after 6 tries", for_good(broken_json)},
        {"always cut", place::kStoredIds, {1}, "Three look-ups", for_good(cut_length)},
        {"always reset", place::kUpsert, {1}, "Three upserts", for_good(reset)},
        {"one upsert reset to the end", place::kUpsert, {3}, "gave up after 6 tries",
            Fault{.after = 1, .times = 6, .kind = reset}},
        {"the last upsert reset to the end", place::kUpsert, {3}, "gave up after 6 tries",
            Fault{.after = 2, .times = 6, .kind = reset}},
        {"the last look-up cut to the end", place::kStoredIds, {3}, "gave up after 6 tries",
            Fault{.after = 2, .times = 6, .kind = cut_length}},
        {"one look-up hangs to the end", place::kStoredIds, {3}, "gave up after 6 tries",
            Fault{.after = 1, .times = 6, .kind = hang}},
        {"nobody listens", place::kStart, {1}, "Connection failed", {}, {{"SUPABASE_URL", "http://127.0.0.1:1"}}},
        {"no such name", place::kStart, {1}, "Host name not found", {},
            {{"SUPABASE_URL", "http://nowhere.invalid"}, {"ALLOW_HTTP", "1"}}},
        {"wrong key", place::kStart, {1}, "HTTP 401", {}, {{"SUPABASE_SERVICE_ROLE_KEY", "sb_secret_another_6f1c"}}},
    };
    for (auto& row : rows) {
        if (loses_an_upsert(row)) {
            expect_lost_batch(row);
        }
    }
    return rows;
}

namespace {

struct Case {
    int status;
    std::string code; ///< PostgREST's; empty: the other bodies in turn
    std::string where;
    std::vector<int> codes;
    std::string said;
    std::size_t times = 1;
};

/// By code, as PostgREST writes it: one or two of each kind, as supabase_fault_test knows them all.
std::vector<Case> pgrst_cases()
{
    auto const upsert = place::kUpsert;
    return {
        {503, "PGRST000", place::kPreflight, {0}, "HTTP 503"},
        {503, "PGRST001", place::kStoredIds, {0}, "HTTP 503"},
        {503, "PGRST002", place::kWorkList, {0}, "HTTP 503"},
        {504, "PGRST003", upsert, {0}, "HTTP 504"},
        {400, "PGRST100", place::kWorkList, {1}, "PGRST100"},
        {400, "PGRST102", upsert, {3}, "PGRST102"},
        {400, "PGRST122", place::kRights, {1}, "PGRST122"},
        {500, "PGRST300", place::kPreflight, {1}, "PGRST300"},
        {401, "PGRST302", place::kStoredIds, {1}, "PGRST302"},
        {400, "PGRST204", upsert, {0}, "HTTP 400"}, // a stale schema cache: once more after five seconds
        {400, "PGRST204", place::kColumns, {1}, "MESSAGE_COLUMNS", kAlways},
        {404, "PGRST205", place::kStoredIds, {0}, "HTTP 404"}, // likewise
        {404, "PGRST205", place::kStoredIds, {1}, "reload schema", kAlways},
        {401, "PGRST301", place::kDescription, {0}, "HTTP 401"}, // hosted projects refuse it to anon keys
        {401, "PGRST301", upsert, {1}, "PGRST301"},
        {401, "PGRST303", place::kStoredIds, {1}, "PGRST303"},
        {403, "42501", place::kRights, {1}, "grant select, insert, update"},
        {401, "42501", upsert, {0}, "HTTP 401"}, // of a policy or a trigger: parted, and the parts pass
        {401, "42501", upsert, {1}, "grant select, insert, update", kAlways},
        {403, "PT403", upsert, {0}, "HTTP 403"},
        {403, "PT403", upsert, {1}, "none of the rows tried", kAlways},
        {404, "42P01", place::kPreflight, {1}, "42P01"},
        {400, "42P10", upsert, {0}, "HTTP 400"}, // of a trigger: an upsert of no rows passes
        {400, "42P10", upsert, {1}, "unique key", kAlways},
        {400, "42703", place::kWorkList, {1}, "42703", kAlways},
        {405, "25006", upsert, {0}, "HTTP 405"},
        {500, "40001", upsert, {0}, "HTTP 500"},
        {500, "57P01", place::kStoredIds, {0}, "HTTP 500"},
        {503, "53300", place::kWorkList, {0}, "HTTP 503"},
        {500, "57014", upsert, {0}, "HTTP 500"},
        {500, "57014", place::kStoredIds, {0}, "HTTP 500"},
        {500, "57014", place::kWorkList, {0}, "HTTP 500"},
        {400, "22P02", upsert, {0}, "HTTP 400"}, // parted, and the parts pass
        {400, "22P05", upsert, {1}, "none of the rows tried", kAlways},
        {400, "22001", upsert, {0}, "HTTP 400"},
        {409, "23503", upsert, {1}, "none of the rows tried", kAlways},
        {400, "23514", upsert, {1}, "none of the rows tried", kAlways},
        {409, "23505", upsert, {0}, "HTTP 409"},
        {500, "54000", upsert, {0}, "HTTP 500"},
        {500, "P0002", upsert, {0}, "HTTP 500"},
        {500, "P0002", upsert, {1}, "none of the rows tried", kAlways},
        {500, "38001", upsert, {0}, "HTTP 500"},
        {500, "XX000", upsert, {0}, "HTTP 500"},
        {500, "54001", upsert, {0}, "HTTP 500"},
        {500, "21000", upsert, {0}, "HTTP 500"},
        {500, "58030", upsert, {0}, "HTTP 500"},
        {500, "58030", upsert, {1}, "none of the rows tried", kAlways},
    };
}

/// By status, from whatever stands before PostgREST, with each kind of body in turn.
std::vector<Case> status_cases()
{
    std::vector<Case> cases;
    for (int const status : {408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 544}) {
        auto const text = "HTTP " + std::to_string(status);
        cases.push_back({status, "", place::kStoredIds, {0}, text});
        cases.push_back({status, "", place::kUpsert, {0}, text});
    }
    for (int const status : {401, 402, 403, 404, 540}) {
        auto const text = "HTTP " + std::to_string(status);
        cases.push_back({status, "", place::kPreflight, {1}, text});
        cases.push_back({status, "", place::kUpsert, {status == 403 ? 0 : 1}, text}); // a firewall may dislike a text
    }
    for (int const status : {413, 414, 431}) {
        auto const text = "HTTP " + std::to_string(status);
        cases.push_back({status, "", place::kStoredIds, {0}, text});
        cases.push_back({status, "", place::kUpsert, {0}, text});
    }
    for (int const status : {400, 405, 406, 418}) {
        cases.push_back({status, "", place::kUpsert, {0}, "HTTP " + std::to_string(status)});
    }
    return cases;
}

} // namespace

std::vector<Row> supabase_status_rows()
{
    std::vector<Row> rows;
    for (auto const& one : pgrst_cases()) {
        rows.push_back({std::to_string(one.status) + " " + one.code + (one.times == kAlways ? " for good" : ""),
            one.where, one.codes, one.said, Fault{.times = one.times, .status = one.status, .code = one.code}});
    }
    constexpr std::array<std::pair<ErrorBody, char const*>, 4> kBodies{{{ErrorBody::json, "JSON"},
        {ErrorBody::html, "HTML"}, {ErrorBody::text, "text"}, {ErrorBody::empty, "nothing"}}};
    for (auto const& one : status_cases()) {
        auto const& [body, name] = kBodies[rows.size() % kBodies.size()];
        rows.push_back({std::to_string(one.status) + " with " + name, one.where, one.codes, one.said,
            Fault{.status = one.status, .body = body}});
        if (one.where == place::kUpsert && one.codes == std::vector{1} && body == ErrorBody::json) {
            rows.back().codes = {0}; // as of a trigger: the request is parted, and its parts pass
            rows.back().said.clear();
        }
    }
    for (auto& row : rows) {
        if (loses_an_upsert(row)) {
            expect_lost_batch(row);
        }
    }
    return rows;
}

} // namespace backfill::test
