// Faults that answer with something of their own.

#include "support/simulator_faults.hpp"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Timestamp.h>

namespace backfill::test {
namespace {

constexpr std::string_view kHtml =
    R"(<!DOCTYPE html><html><head><title>Freshworks</title></head><body><div id="app"></div></body></html>)";

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

void add_body(Answer& answer, ErrorBody body, std::string const& pgrst_code)
{
    auto const code = std::to_string(answer.status);
    switch (body) {
    case ErrorBody::json:
        if (!pgrst_code.empty()) {
            answer.headers.emplace_back("Content-Type", "application/json; charset=utf-8");
            // What stands in `details`, and in the messages of some codes, is a customer's text.
            answer.body = R"({"code":")" + pgrst_code + R"(","details":"Failing row contains ()"
                + std::string{kQuotedText} + R"().","hint":null,"message":"simulated )" + pgrst_code
                + (quotes_values(pgrst_code) ? R"(: \")" + std::string{kQuotedText} + R"(\")" : std::string{})
                + R"("})";
            break;
        }
        answer = error_answer(answer.status, status_name(answer.status), "simulated " + code);
        break;
    case ErrorBody::success_false:
        answer.headers.emplace_back("Content-Type", "application/json");
        answer.body = R"({"success":false,"error_code":5,"error_message":"simulated )" + code + R"("})";
        break;
    case ErrorBody::html:
        answer.headers.emplace_back("Content-Type", "text/html; charset=utf-8");
        answer.body = "<html><head><title>" + code + "</title></head><body><center>" + code + "</center></body></html>";
        break;
    case ErrorBody::text: // the words of Envoy, which stands in front of the real one
        answer.headers.emplace_back("Content-Type", "text/plain");
        answer.headers.emplace_back("server", "envoy");
        answer.body = "upstream connect error or disconnect/reset before headers. reset reason: connection failure";
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
    switch (fault.kind) {
    case FaultKind::html_200:
        answer.headers.emplace_back("Content-Type", "text/html; charset=utf-8");
        answer.body = kHtml;
        return answer;
    case FaultKind::redirect:
        answer.status = 302;
        answer.headers.emplace_back("Location", "https://elsewhere.invalid/login");
        return answer;
    default:
        answer.status = fault.status;
        add_body(answer, fault.body, fault.code);
        add_hints(answer, fault);
        return answer;
    }
}

} // namespace backfill::test
