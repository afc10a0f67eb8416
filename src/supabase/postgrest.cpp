#include "backfill/supabase/postgrest.hpp"

#include "backfill/core/ascii.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/core/version.hpp"
#include "backfill/http/percent.hpp"

#include "backfill/core/printable.hpp"
#include "supabase/fault.hpp"
#include "supabase/json_rows.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

namespace backfill::supabase {
namespace {

constexpr std::chrono::seconds kSchemaCacheReload{5};

bool is_word(std::string_view text, std::string_view also)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), [also](char c) {
        return is_ascii_alphanumeric(c) || also.find(c) != std::string_view::npos;
    });
}

std::string quoted(std::string_view text)
{
    std::string out = "\"";
    for (char const c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
        }
        out += c;
    }
    return http::percent_encoded(out + "\"");
}

std::optional<std::size_t> total_of(http::Reply const& reply)
{
    auto const range = reply.header("Content-Range");
    auto const slash = range ? range->find('/') : std::string_view::npos;
    if (slash == std::string_view::npos) {
        return std::nullopt;
    }
    std::size_t total = 0;
    auto const [end, error] = std::from_chars(range->data() + slash + 1, range->data() + range->size(), total);
    return error == std::errc{} ? std::optional{total} : std::nullopt;
}

/// One attempt seen through the fault table; fills `answer` on success.
calls::Verdict judge(http::Outcome const& outcome, Query const& query, Answer& answer)
{
    switch (classify(outcome)) {
    case Fault::none:
        break;
    case Fault::retry:
        return calls::Verdict::retry;
    case Fault::smaller:
        return query.divisible == Divisible::yes ? calls::Verdict::reject : calls::Verdict::retry;
    default:
        return calls::Verdict::reject;
    }
    auto const& reply = std::get<http::Reply>(outcome);
    if (!query.keys.empty()) {
        auto rows = read_rows(reply.body, query.keys);
        if (!rows) {
            return reply.is_html() ? calls::Verdict::reject : calls::Verdict::retry; // cut on the way
        }
        answer.rows = std::move(*rows);
    }
    answer.total = total_of(reply);
    answer.preference_applied = reply.header("Preference-Applied").value_or("");
    return calls::Verdict::accept;
}

} // namespace

Postgrest::Postgrest(calls::Client& client, ApiKey const& key, Clock& clock)
    : client_{client}, headers_{key.headers()}, clock_{clock}
{
    headers_.emplace_back("Accept", "application/json");
    headers_.emplace_back("User-Agent", user_agent());
}

Answer Postgrest::get(Query const& query, std::stop_token const& stop)
{
    return call(query, request_for(query, http::Request::Method::get), stop);
}

Answer Postgrest::post(Query const& query, std::string body, std::stop_token const& stop)
{
    auto request = request_for(query, http::Request::Method::post);
    request.headers.emplace_back("Content-Type", "application/json");
    request.body = std::move(body);
    return call(query, request, stop);
}

http::Request Postgrest::request_for(Query const& query, http::Request::Method method) const
{
    http::Request request{method, "/" + http::percent_encoded(query.table) + "?" + query.parameters, headers_, {}};
    if (!query.prefer.empty()) {
        request.headers.emplace_back("Prefer", query.prefer);
    }
    return request;
}

Answer Postgrest::call(Query const& query, http::Request const& request, std::stop_token const& stop)
{
    Answer answer;
    auto const judged = [&](http::Outcome const& outcome) { return judge(outcome, query, answer); };
    auto const start = clock_.now();
    auto result = client_.call(request, judged, stop);
    if (result.tries == 1) {
        answer.took = clock_.now() - start;
    }
    if (may_be_stale_cache(result.outcome)) {
        if (!clock_.sleep_until(clock_.now() + kSchemaCacheReload, stop)) {
            throw Stopped{};
        }
        result = client_.call(request, judged, stop);
    }
    if (result.verdict == calls::Verdict::accept) {
        return answer;
    }
    auto const what = about(query.table);
    answer.failure = explain(result.outcome) + result.ending;
    auto const* reply = std::get_if<http::Reply>(&result.outcome);
    answer.code = reply ? read_error(reply->body).code : std::string{};
    switch (classify(result.outcome)) {
    case Fault::none:
        if (result.verdict == calls::Verdict::reject) {
            throw FatalError{
                what + answer.failure + " with HTML in place of JSON", "Check SUPABASE_URL: it is not a Supabase API."};
        }
        throw BatchError{what + answer.failure + " with a body that is not the JSON asked for"};
    case Fault::fatal:
        throw FatalError{what + answer.failure, advice(result.outcome, query.table)};
    case Fault::smaller:
        if (query.divisible == Divisible::yes) {
            answer.remedy = Remedy::ask_for_less;
            return answer;
        }
        throw BatchError{what + answer.failure};
    case Fault::too_long:
        answer.remedy = Remedy::send_less;
        return answer;
    case Fault::poison:
        answer.remedy = Remedy::part;
        return answer;
    default:
        throw BatchError{what + answer.failure};
    }
}

std::string about(std::string const& table)
{
    return "Supabase, table " + printable(table) + ": ";
}

std::string list_value(std::string_view value)
{
    return is_word(value, "_-") ? std::string{value} : quoted(value);
}

std::string column_name(std::string_view name)
{
    return is_word(name, "_") ? std::string{name} : quoted(name);
}

calls::RetryPolicy retry_policy()
{
    return {.tries = 6,
        .first = std::chrono::milliseconds{500},
        .cap = std::chrono::seconds{30},
        .jitter = 0.5,
        .backs_off_together = true};
}

} // namespace backfill::supabase
