#include "backfill/supabase/postgrest.hpp"

#include "backfill/core/ascii.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/core/version.hpp"
#include "backfill/http/endpoint.hpp"

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
    auto const range = reply.header("Content-Range").value_or("");
    auto const slash = range.find('/');
    auto const number = slash == std::string_view::npos ? std::string_view{} : range.substr(slash + 1);
    std::size_t total = 0;
    auto const error = std::from_chars(number.data(), number.data() + number.size(), total).ec;
    return error == std::errc{} ? std::optional{total} : std::nullopt;
}

calls::Reading<Answer> read_success(http::Reply const& reply, Query const& query)
{
    auto answer = query.keys.empty() ? Answer{} : read_rows(reply.body, query.keys);
    if (!answer) {
        return reply.is_html() ? calls::Verdict::reject : calls::Verdict::retry; // cut on the way
    }
    answer->total = total_of(reply);
    answer->preference_applied = reply.header("Preference-Applied").value_or("");
    return *std::move(answer);
}

/// One attempt seen through the fault table.
calls::Reading<Answer> read_answer(http::Outcome const& outcome, Query const& query)
{
    auto const fault = classify(outcome);
    if (fault == Fault::fatal || fault == Fault::unknown) {
        return calls::Verdict::reject;
    }
    if (fault == Fault::retry || (fault == Fault::smaller && query.divisible == Divisible::no)) {
        return calls::Verdict::retry;
    }
    auto const& reply = std::get<http::Reply>(outcome);
    if (fault == Fault::none) {
        return read_success(reply, query);
    }
    Answer answer;
    answer.fault = fault;
    answer.failure = explain(outcome);
    answer.code = read_error(reply.body).code;
    return answer;
}

[[noreturn]] void fail(calls::CallError const& error, std::string const& table)
{
    auto const what = about(table) + explain(error.outcome) + error.ending;
    auto const fault = classify(error.outcome);
    if (fault == Fault::fatal) {
        throw FatalError{what, advice(error.outcome, table)};
    }
    if (fault == Fault::none && error.verdict == calls::Verdict::reject) {
        throw FatalError{what + " with HTML in place of JSON", "Check SUPABASE_URL: it is not a Supabase API."};
    }
    throw BatchError{fault == Fault::none ? what + " with a body that is not the JSON asked for" : what};
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
    auto const call_once = [&] {
        auto const read = [&, start = clock_.now(), tries = 0](http::Outcome const& outcome) mutable {
            auto reading = read_answer(outcome, query);
            auto* const answer = std::get_if<Answer>(&reading);
            if (++tries == 1 && answer) {
                answer->took = clock_.now() - start;
            }
            return reading;
        };
        return client_.call(request, read, stop);
    };
    auto result = call_once();
    auto const* error = std::get_if<calls::CallError>(&result);
    if (error && may_be_stale_cache(error->outcome)) {
        if (!clock_.sleep_until(clock_.now() + kSchemaCacheReload, stop)) {
            throw Stopped{};
        }
        result = call_once();
        error = std::get_if<calls::CallError>(&result);
    }
    if (error) {
        fail(*error, query.table);
    }
    return std::get<Answer>(std::move(result));
}

Answer required(Answer answer, std::string const& table)
{
    if (answer.fault != Fault::none) {
        throw FatalError{
            about(table) + answer.failure, "Check the table, its constraints, and the views and triggers behind it."};
    }
    return answer;
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
