#include "backfill/supabase/postgrest.hpp"

#include "backfill/core/ascii.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/core/version.hpp"
#include "backfill/http/endpoint.hpp"

#include "supabase/fault.hpp"
#include "supabase/json_rows.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <utility>

namespace backfill::supabase {
namespace {

constexpr std::chrono::seconds kSchemaCacheReload{5};
constexpr std::chrono::minutes kReloadLasts{1}; // what is not there after it is not there

/// A filter on a column of that name would be taken for the parameter.
constexpr std::array<std::string_view, 8> kParameters{
    "select", "columns", "on_conflict", "order", "limit", "offset", "and", "or"};

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

/// The database's code; "" when there is none.
std::string sqlstate_of(http::Outcome const& outcome)
{
    auto const* const reply = std::get_if<http::Reply>(&outcome);
    auto code = reply != nullptr ? error_of(*reply).code : std::string{};
    return is_sqlstate(code) ? code : std::string{};
}

Answer failed_answer(Fault fault, http::Outcome const& outcome, Query const& query, std::string const& schema)
{
    Answer answer;
    answer.fault = fault;
    answer.failure = explain(outcome);
    answer.code = error_of(std::get<http::Reply>(outcome)).code;
    answer.advice = advice(outcome, schema, query.table, query.conflict_key, query.parameters.size());
    return answer;
}

/// One attempt seen through the fault table.
calls::Reading<Answer> read_answer(
    http::Outcome const& outcome, Query const& query, std::string const& schema, Asked const& asked)
{
    auto const fault = classify(outcome, asked);
    bool const is_suspected = !query.suspected_code.empty() && sqlstate_of(outcome) == query.suspected_code;
    bool const may_pass = fault == Fault::outlast || fault == Fault::retry
        || (fault == Fault::smaller && query.divisible == Divisible::no);
    if (fault == Fault::fatal || fault == Fault::unknown || (is_suspected && may_pass)) {
        return calls::Verdict::reject;
    }
    if (fault == Fault::outlast) {
        return calls::Verdict::outlast;
    }
    if (may_pass) {
        return calls::Verdict::retry;
    }
    return fault == Fault::none ? read_success(std::get<http::Reply>(outcome), query)
                                : failed_answer(fault, outcome, query, schema);
}

/// Whether a try without a good answer may have been carried out all the same.
bool may_have_been_carried_out(http::Outcome const& outcome)
{
    using Kind = http::TransportError::Kind;
    if (auto const* error = std::get_if<http::TransportError>(&outcome)) {
        return error->kind != Kind::resolve && error->kind != Kind::connect && error->kind != Kind::tls;
    }
    auto const& reply = std::get<http::Reply>(outcome);
    auto const told = error_of(reply);
    bool const connection_broke = is_broken_connection(reply, told) || told.code.starts_with("08");
    return reply.succeeded() || connection_broke || (reply.status >= 500 && told.code.empty());
}

[[noreturn]] void fail(calls::CallError const& error, Query const& query, std::string const& schema, Asked const& asked)
{
    auto const what = about(query.table) + explain(error.outcome) + error.ending;
    auto const fault = classify(error.outcome, asked);
    auto const to_do = advice(error.outcome, schema, query.table, query.conflict_key, query.parameters.size());
    if (fault == Fault::fatal || concerns_the_key(error.outcome)) {
        throw FatalError{what, to_do};
    }
    if (fault == Fault::none && error.verdict == calls::Verdict::reject) {
        throw FatalError{what + " with HTML in place of JSON", "Check SUPABASE_URL: it is not a Supabase API."};
    }
    throw BatchError{fault == Fault::none ? what + " with a body that is not the JSON asked for" : what, to_do};
}

} // namespace

Postgrest::Postgrest(calls::Client& client, ApiKey const& key, Clock& clock, std::string schema)
    : client_{client},
      headers_{key.headers()},
      schema_{std::move(schema)},
      token_is_minted_{key.has_minted_token()},
      clock_{clock}
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

std::optional<std::string> Postgrest::description(std::stop_token const& stop)
{
    http::Request request{http::Request::Method::get, "/", headers_, {}};
    if (!schema_.empty()) {
        request.headers.emplace_back("Accept-Profile", schema_);
    }
    auto const read = [](http::Outcome const& outcome) -> calls::Reading<std::string> {
        auto const* const reply = std::get_if<http::Reply>(&outcome);
        return reply && reply->succeeded() ? calls::Reading<std::string>{reply->body} : calls::Verdict::reject;
    };
    auto const result = client_.call(request, read, stop);
    auto const* const text = std::get_if<std::string>(&result);
    return text ? std::optional{*text} : std::nullopt;
}

http::Request Postgrest::request_for(Query const& query, http::Request::Method method) const
{
    http::Request request{method, "/" + http::percent_encoded(query.table) + "?" + query.parameters, headers_, {}};
    if (!query.prefer.empty()) {
        request.headers.emplace_back("Prefer", query.prefer);
    }
    if (!schema_.empty()) {
        request.headers.emplace_back(
            method == http::Request::Method::get ? "Accept-Profile" : "Content-Profile", schema_);
    }
    return request;
}

Answer Postgrest::call(Query const& query, http::Request const& request, std::stop_token const& stop)
{
    Asked const asked{query.payload == Payload::rows, token_is_minted_, key_has_passed_};
    auto start = clock_.now();
    bool carried_out = false;
    auto const call_once = [&] {
        start = clock_.now();
        auto const read = [&, tries = 0](http::Outcome const& outcome) mutable {
            auto reading = read_answer(outcome, query, schema_, asked);
            if (auto* const answer = std::get_if<Answer>(&reading)) {
                answer->took = tries == 0 ? std::optional{clock_.now() - start} : std::nullopt;
                bool const was_refused = answer->fault != Fault::none;
                answer->may_be_a_repetition = carried_out || (was_refused && may_have_been_carried_out(outcome));
            }
            ++tries;
            carried_out = carried_out || may_have_been_carried_out(outcome);
            return reading;
        };
        return client_.call(request, read, stop);
    };
    auto result = call_once();
    auto const* error = std::get_if<calls::CallError>(&result);
    bool const just_waited = reload_waited_for_ && clock_.now() < *reload_waited_for_ + kReloadLasts;
    if (error && may_be_stale_cache(error->outcome) && !just_waited) {
        if (!clock_.sleep_until(clock_.now() + kSchemaCacheReload, stop)) {
            throw Stopped{};
        }
        reload_waited_for_ = clock_.now();
        result = call_once();
        error = std::get_if<calls::CallError>(&result);
    }
    if (error && asked.with_rows && !sqlstate_of(error->outcome).empty()) {
        bool const is_fatal = classify(error->outcome, asked) == Fault::fatal;
        auto answer = failed_answer(is_fatal ? Fault::fatal : Fault::unknown, error->outcome, query, schema_);
        answer.failure += error->ending;
        answer.may_be_a_repetition = carried_out;
        answer.took = clock_.now() - start;
        return answer;
    }
    if (error) {
        fail(*error, query, schema_, asked);
    }
    key_has_passed_ = true;
    return std::get<Answer>(std::move(result));
}

Answer required(Answer answer, std::string const& table)
{
    if (answer.fault != Fault::none) {
        throw FatalError{about(table) + answer.failure, answer.advice};
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
    bool const is_parameter = std::ranges::find(kParameters, name) != kParameters.end();
    return is_word(name, "_") && !is_parameter ? std::string{name} : quoted(name);
}

calls::RetryPolicy retry_policy()
{
    return {.tries = 6,
        .first = std::chrono::milliseconds{500},
        .cap = std::chrono::seconds{30},
        .jitter = 0.5,
        .backs_off_together = true,
        .patience = std::chrono::seconds{90}};
}

} // namespace backfill::supabase
