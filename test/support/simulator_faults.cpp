#include "support/simulator_faults.hpp"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/DeflatingStream.h>
#include <Poco/Timestamp.h>

#include <algorithm>
#include <sstream>

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

void add_body(Answer& answer, ErrorBody body)
{
    auto const code = std::to_string(answer.status);
    switch (body) {
    case ErrorBody::json:
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

/// A key and a value that go into the page's first message, where default columns don't look: what must be stored is
/// the same as without them.
std::string injected_text(Fault const& fault)
{
    switch (fault.kind) {
    case FaultKind::lone_surrogate:
        return R"("injected":["\ud83d","\ude1f\ud83d"])";
    case FaultKind::invalid_utf8:
        return "\"injected\":[\"\xff\",\"\xc3(\",\"\xed\xa0\xbd\",\"\xe2\x82\"]";
    case FaultKind::nul_escape:
        return R"("injected":"a\u0000b")";
    case FaultKind::huge_integer:
        return R"("injected":[123456789012345678901234567890,-1e400,18446744073709551617])";
    case FaultKind::deep_nesting: {
        auto const depth = fault.size == 0 ? 100'000 : fault.size;
        return R"("injected":)" + std::string(depth, '[') + std::string(depth, ']');
    }
    default:
        return {};
    }
}

Connection send_huge(Wire& wire, Fault const& fault, Answer const& answer, std::string const& body, Connection after)
{
    constexpr std::string_view kBefore = R"({"padding":")";
    constexpr std::string_view kAfter = R"(",)";
    auto const wanted = fault.size == 0 ? std::size_t{100'000'000} : fault.size;
    auto const fixed = kBefore.size() + kAfter.size() + body.size() - 1;
    auto padding = wanted - std::min(wanted, fixed);
    wire.send(head_text(answer, Framing::length, after, fixed + padding));
    wire.send(kBefore);
    std::string const block(65'536, 'x');
    while (padding != 0) {
        auto const size = std::min(padding, block.size());
        wire.send(std::string_view{block}.substr(0, size));
        padding -= size;
    }
    wire.send(kAfter);
    wire.send(std::string_view{body}.substr(1));
    return after;
}

} // namespace

std::string gzipped(std::string const& body)
{
    std::ostringstream out;
    Poco::DeflatingOutputStream gzip{out, Poco::DeflatingStreamBuf::STREAM_GZIP};
    gzip << body;
    gzip.close();
    return out.str();
}

Behaviour::Behaviour(Switches switches)
    : switches_{std::move(switches)}, strikes_(switches_.faults.size()), quota_{switches_.quota}
{
}

Ruling Behaviour::rule_on_call()
{
    std::lock_guard lock{mutex_};
    return quota_.call(std::chrono::steady_clock::now());
}

Fault const* Behaviour::strike(std::string const& conversation, int page)
{
    std::lock_guard lock{mutex_};
    for (std::size_t i = 0; i < strikes_.size(); ++i) {
        auto const& fault = switches_.faults[i];
        if ((!fault.conversation.empty() && fault.conversation != conversation)
            || (fault.page != 0 && fault.page != page)) {
            continue;
        }
        auto& seen =
            fault.count == FaultCount::together ? strikes_[i].together : strikes_[i].by_page[Page{conversation, page}];
        if (seen >= fault.after && seen - fault.after >= fault.times) {
            continue; // spent
        }
        ++seen;
        if (seen > fault.after) {
            return &fault;
        }
    }
    return nullptr;
}

Changed Behaviour::changed(std::string const& conversation) const
{
    if (switches_.change == Change::none) {
        return Changed::no;
    }
    std::lock_guard lock{mutex_};
    return changed_.contains(conversation) ? Changed::yes : Changed::no;
}

void Behaviour::page_answered(std::string const& conversation, int page)
{
    if (switches_.change != Change::none && page == switches_.change_after_page) {
        std::lock_guard lock{mutex_};
        changed_.insert(conversation);
    }
}

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
        add_body(answer, fault.body);
        add_hints(answer, fault);
        return answer;
    }
}

int visible_status(Fault const& fault, Answer const& answer)
{
    switch (fault.kind) {
    case FaultKind::reset:
    case FaultKind::close:
    case FaultKind::cut_header:
    case FaultKind::hang:
        return 0;
    default:
        return answer.status;
    }
}

Connection deliver(Wire wire, Fault const& fault, PageAnswer const& page, Framing framing, Connection connection)
{
    auto const body = page.is_page ? page_body(page, injected_text(fault)) : page.answer.body;
    auto const half = std::string_view{body}.substr(0, body.size() / 2);
    auto const with_length = head_text(page.answer, Framing::length, connection, body.size());
    auto const with_chunks = [&] { return head_text(page.answer, Framing::chunked, connection, 0); };
    auto whole = [&](Answer const& answer, std::string_view text) {
        wire.send(head_text(answer, framing, connection, text.size()) + framed_body(std::string{text}, framing));
        return connection;
    };
    switch (fault.kind) {
    case FaultKind::reset:
        wire.reset_on_close();
        break;
    case FaultKind::close:
        break;
    case FaultKind::close_after:
        wire.send(with_length + body);
        break;
    case FaultKind::cut_header:
        wire.send(std::string_view{with_length}.substr(0, with_length.size() / 2));
        break;
    case FaultKind::cut_length:
        wire.send(with_length + std::string{half});
        break;
    case FaultKind::cut_chunk: {
        auto const chunks = framed_body(body, Framing::chunked, 1000);
        wire.send(with_chunks() + chunks.substr(0, chunks.size() / 2));
        break;
    }
    case FaultKind::missing_last_chunk: {
        auto const chunks = framed_body(body, Framing::chunked, 1000);
        wire.send(with_chunks() + chunks.substr(0, chunks.size() - 5));
        break;
    }
    case FaultKind::hang:
        wire.hang();
        break;
    case FaultKind::stall:
        wire.send(with_length + std::string{half});
        wire.hang();
        break;
    case FaultKind::drip:
        wire.send_slowly(with_length + body, fault.interval);
        return connection;
    case FaultKind::drip_body:
        wire.send(with_length);
        wire.send_slowly(body, fault.interval);
        return connection;
    case FaultKind::gzip: {
        auto answer = page.answer;
        answer.headers.emplace_back("Content-Encoding", "gzip");
        return whole(answer, gzipped(body));
    }
    case FaultKind::broken_json:
        return whole(page.answer, half);
    case FaultKind::huge_body:
        return send_huge(wire, fault, page.answer, body, connection);
    default:
        return whole(page.answer, body);
    }
    return Connection::close;
}

} // namespace backfill::test
