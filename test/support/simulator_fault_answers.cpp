// Faults that answer with something of their own.

#include "support/simulator_faults.hpp"

#include "support/world_text.hpp"

#include "backfill/http/endpoint.hpp"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Timestamp.h>

#include <algorithm>

namespace backfill::test {
namespace {

std::string portal_page(std::string const& text)
{
    return R"(<!DOCTYPE html><html><head><title>Freshworks</title></head><body><div id="app">)" + text
        + "</div></body></html>";
}

std::string status_name(int status)
{
    switch (status) {
    case 401:
        return "UNAUTHENTICATED";
    case 403:
        return "FORBIDDEN";
    case 404:
        return "NOT_FOUND";
    case 408:
        return "REQUEST_TIMEOUT";
    case 429:
        return "TOO_MANY_REQUESTS";
    case 500:
        return "INTERNAL_SERVER_ERROR";
    case 502:
        return "BAD_GATEWAY";
    case 503:
        return "SERVICE_UNAVAILABLE";
    case 504:
        return "GATEWAY_TIMEOUT";
    default:
        return "ERROR";
    }
}

bool quotes_values(std::string const& code)
{
    return code.starts_with("22") || code.starts_with("23") || code == "P0001";
}

/// With a separator before it; empty when the fault quotes nothing.
std::string quoted_by(Fault const& fault, std::string const& separator = " ")
{
    std::string text;
    for (auto const& quote : fault.quotes) {
        text.append(separator).append(quote);
    }
    return text;
}

/// As PostgREST writes it. What stands in `details`, and in the messages of some codes, is a customer's text.
std::string postgrest_body(Fault const& fault)
{
    auto const quoted = json_escaped(quoted_by(fault));
    auto const row = quoted.empty() ? std::string{kQuotedText} : quoted;
    auto const tells = !quoted.empty() || quotes_values(fault.code);
    return R"({"code":")" + fault.code + R"(","details":"Failing row contains ()" + row + R"().","hint":)"
        + (quoted.empty() ? "null" : R"("Look at)" + quoted + R"(")") + R"(,"message":")"
        + (fault.message.empty() ? "simulated " + fault.code : fault.message)
        + (tells ? R"(: \")" + row + R"(\")" : std::string{}) + R"("})";
}

/// Of Freshchat, and of what stands before PostgREST.
std::string json_body(Fault const& fault)
{
    auto const quoted = json_escaped(quoted_by(fault));
    auto const code = std::to_string(fault.status);
    auto const plain = error_answer(fault.status, status_name(fault.status) + quoted, "simulated " + code + quoted);
    return quoted.empty() ? plain.body
                          : plain.body.substr(0, plain.body.size() - 1) + R"(,"details":")" + quoted + R"(","hint":")"
            + quoted + R"(","link":{"href":"/v2/)" + quoted + R"("}})";
}

/// Headers that name the request, each begun with another quote: the product may cut long ones.
void add_quoting_headers(Answer& answer, Fault const& fault)
{
    auto rotated = fault;
    for (auto const* name : {"x-request-id", "sb-request-id", "X-Trace-ID"}) {
        if (!rotated.quotes.empty()) {
            answer.headers.emplace_back(name, quoted_by(rotated, "-").substr(1));
            std::rotate(rotated.quotes.begin(), rotated.quotes.begin() + 1, rotated.quotes.end());
        }
    }
}

void add_body(Answer& answer, Fault const& fault)
{
    auto const code = std::to_string(answer.status);
    switch (fault.body) {
    case ErrorBody::json:
        answer.headers.emplace_back("Content-Type", "application/json; charset=utf-8");
        answer.body = fault.code.empty() ? json_body(fault) : postgrest_body(fault);
        break;
    case ErrorBody::success_false: {
        auto const quoted = json_escaped(quoted_by(fault));
        answer.headers.emplace_back("Content-Type", "application/json");
        answer.body = R"({"success":false,"error_code":)" + (quoted.empty() ? "5" : R"("5)" + quoted + R"(")")
            + R"(,"error_message":"simulated )" + code + quoted + R"("})";
        break;
    }
    case ErrorBody::html:
        answer.headers.emplace_back("Content-Type", "text/html; charset=utf-8");
        answer.body = "<html><head><title>" + code + "</title></head><body><center>" + code + quoted_by(fault)
            + "</center></body></html>";
        break;
    case ErrorBody::text: // the words of Envoy, which stands in front of the real one
        answer.headers.emplace_back("Content-Type", "text/plain");
        answer.headers.emplace_back("server", "envoy");
        answer.body = "upstream connect error or disconnect/reset before headers. reset reason: connection failure"
            + quoted_by(fault);
        break;
    case ErrorBody::empty:
        break;
    }
}

void add_hints(Answer& answer, Fault const& fault)
{
    auto const later = Poco::Timestamp{} + Poco::Timespan{static_cast<long>(fault.wait.count()), 0};
    switch (fault.retry_after) {
    case RetryAfter::none:
        break;
    case RetryAfter::zero:
        answer.headers.emplace_back("Retry-After", "0");
        break;
    case RetryAfter::seconds:
        answer.headers.emplace_back("Retry-After", std::to_string(fault.wait.count()));
        break;
    case RetryAfter::date:
        answer.headers.emplace_back(
            "Retry-After", Poco::DateTimeFormatter::format(later, Poco::DateTimeFormat::HTTP_FORMAT));
        break;
    }
    if (fault.rate_headers != RateHeaders::none) {
        auto const limit = fault.rate_headers == RateHeaders::limit;
        answer.headers.emplace_back(limit ? "X-RateLimit-Limit" : "X-RateLimit-Total", "200");
        answer.headers.emplace_back("X-RateLimit-Remaining", "0");
        if (limit) {
            answer.headers.emplace_back("X-RateLimit-Reset", std::to_string(later.epochTime()));
        }
    }
}

} // namespace

bool replaces_page(FaultKind kind)
{
    return kind == FaultKind::status || kind == FaultKind::html_200 || kind == FaultKind::redirect;
}

Answer fault_answer(Fault const& fault)
{
    Answer answer;
    add_quoting_headers(answer, fault);
    switch (fault.kind) {
    case FaultKind::html_200:
        answer.headers.emplace_back("Content-Type", "text/html; charset=utf-8");
        answer.body = portal_page(quoted_by(fault));
        return answer;
    case FaultKind::redirect:
        answer.status = 302;
        answer.headers.emplace_back(
            "Location", "https://elsewhere.invalid/login" + http::percent_encoded(quoted_by(fault, "-")));
        return answer;
    default:
        answer.status = fault.status;
        add_body(answer, fault);
        add_hints(answer, fault);
        return answer;
    }
}

} // namespace backfill::test
