#include "backfill/calls/retry.hpp"

#include "backfill/calls/rate_headers.hpp"
#include "backfill/core/ascii.hpp"
#include "backfill/core/printable.hpp"

#include <Poco/DateTime.h>
#include <Poco/DateTimeParser.h>
#include <Poco/StringTokenizer.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace backfill::calls {
namespace {

/// Rules out whatever could be a customer's sentence.
bool is_id(std::string_view text)
{
    return !text.empty() && text.size() <= 100 && std::all_of(text.begin(), text.end(), [](char c) {
        return is_ascii_alphanumeric(c) || std::string_view{"-_.:/+="}.find(c) != std::string_view::npos;
    });
}

/// The headers in which servers name a request.
constexpr std::array<std::string_view, 3> kRequestIds{"x-request-id", "X-Trace-ID", "sb-request-id"};

constexpr int kTooManyRequests = 429;

/// system_clock counts nanoseconds in 64 bits: dates beyond these and their differences would overflow.
constexpr std::chrono::seconds kFirstDate{0};
constexpr std::chrono::seconds kLastDate = std::chrono::years{200};
constexpr std::chrono::seconds kLongestWait = std::chrono::years{1};

/// Reads the three forms of RFC 9110. Poco's parser takes others too, which begin with a digit.
std::optional<std::chrono::system_clock::time_point> http_date(std::string_view text)
{
    int zone = 0;
    Poco::DateTime parsed;
    bool const begins_with_day = !text.empty() && (text.front() < '0' || text.front() > '9');
    if (!begins_with_day || !Poco::DateTimeParser::tryParse(std::string{text}, parsed, zone)) {
        return std::nullopt;
    }
    std::chrono::seconds const since_epoch{parsed.timestamp().epochTime() - zone};
    return std::chrono::system_clock::time_point{std::clamp(since_epoch, kFirstDate, kLastDate)};
}

/// A number of seconds, whose fraction is cut off. Nothing for other text.
std::optional<std::chrono::seconds> in_seconds(std::string_view text)
{
    long long number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc::result_out_of_range) {
        return text.front() == '-' ? std::chrono::seconds{0} : kLongestWait;
    }
    bool const is_number = error == std::errc{} && (end == text.data() + text.size() || *end == '.');
    return is_number ? std::optional{std::min(std::chrono::seconds{number}, kLongestWait)} : std::nullopt;
}

/// The longest in a list of seconds: each proxy on the way may add its own.
std::optional<std::chrono::seconds> in_list(std::string_view text)
{
    std::optional<std::chrono::seconds> longest;
    for (auto const& part : Poco::StringTokenizer{std::string{text}, ",", Poco::StringTokenizer::TOK_TRIM}) {
        longest = std::max(longest, in_seconds(part));
    }
    return longest;
}

std::string_view name(http::TransportError::Kind kind)
{
    using Kind = http::TransportError::Kind;
    switch (kind) {
    case Kind::resolve:
        return "Host name not found";
    case Kind::connect:
        return "Connection failed";
    case Kind::tls:
        return "TLS";
    case Kind::timeout:
        return "Connection timeout";
    case Kind::closed:
        return "Connection closed";
    case Kind::truncated:
        return "Answer cut off";
    case Kind::protocol:
        return "Not a valid HTTP answer";
    case Kind::stopped:
        return "stopped";
    }
    return {};
}

} // namespace

std::chrono::milliseconds backoff(RetryPolicy const& policy, int retry, double random)
{
    auto wait = policy.first;
    for (int i = 1; i < retry && wait < policy.cap; ++i) {
        wait *= 2;
    }
    wait = std::min(wait, policy.cap);
    return wait
        + std::chrono::milliseconds{static_cast<long long>(static_cast<double>(wait.count()) * policy.jitter * random)};
}

std::optional<std::chrono::seconds> retry_after(
    http::Reply const& reply, std::chrono::system_clock::time_point wall_now)
{
    std::optional<std::chrono::seconds> longest;
    for (auto const& [name, value] : reply.headers) {
        if (equal_ignoring_case(name, "Retry-After")) {
            auto const moment = http_date(value);
            auto const wait = moment
                ? std::optional{std::chrono::ceil<std::chrono::seconds>(*moment - server_time(reply, wall_now))}
                : in_list(value);
            longest = std::max(longest, wait);
        }
    }
    if (!longest && reply.status == kTooManyRequests) {
        auto const declared = read_rate_headers(reply);
        if (declared.reset && declared.remaining.value_or(0) < 1) {
            longest = std::chrono::ceil<std::chrono::seconds>(*declared.reset);
        }
    }
    return longest > std::chrono::seconds{0} ? std::optional{std::min(*longest, kLongestWait)} : std::nullopt;
}

std::chrono::system_clock::time_point server_time(
    http::Reply const& reply, std::chrono::system_clock::time_point wall_now)
{
    auto const date = reply.header("Date");
    return date ? http_date(*date).value_or(wall_now) : wall_now;
}

bool is_throttled(http::Outcome const& outcome)
{
    auto const* const reply = std::get_if<http::Reply>(&outcome);
    return reply != nullptr && reply->status == kTooManyRequests;
}

std::string describe(http::Outcome const& outcome)
{
    if (auto const* error = std::get_if<http::TransportError>(&outcome)) {
        auto const what = name(error->kind);
        return error->detail.empty() ? std::string{what} : fmt::format("{}: {}", what, printable(error->detail));
    }
    auto const& reply = std::get<http::Reply>(outcome);
    auto text = "HTTP " + std::to_string(reply.status);
    for (auto const id : kRequestIds) {
        if (auto const value = reply.header(id); value && is_id(*value)) {
            text += fmt::format(" ({} {})", id, printable(*value));
        }
    }
    return text;
}

bool may_pass(http::Outcome const& outcome)
{
    if (auto const* error = std::get_if<http::TransportError>(&outcome)) {
        return error->kind != http::TransportError::Kind::tls && error->kind != http::TransportError::Kind::stopped;
    }
    auto const status = std::get<http::Reply>(outcome).status;
    return status == 408 || status == 425 || status == kTooManyRequests || status >= 500;
}

} // namespace backfill::calls
