#include "app/doctor/visit.hpp"

#include "app/log/events.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace backfill::app {
namespace {

using Kind = http::TransportError::Kind;

long long milliseconds(Clock::Duration duration)
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

void report_failure(Visit const& visit, Side const& side, http::TransportError const& failure)
{
    auto const why = calls::describe(failure);
    auto const address = side.endpoint.authority();
    visit.add(
        {side.name + "_connection", side.without, why.find(address) == std::string::npos ? address + ": " + why : why,
            failure.kind == Kind::tls
                ? fmt::format(
                    "Check scheme and host of {}, and this machine's clock; if its certificate is a private one, name "
                    "its CA in CA_FILE.",
                    side.setting)
                : fmt::format("Check host and port of {}, firewalls, and the proxy if there is one.", side.setting)});
}

void examine_connection(Visit const& visit, Side const& side, http::Probe const& probe)
{
    auto const name = side.name + "_connection";
    if (side.endpoint.scheme == http::Endpoint::Scheme::http) {
        bool const is_safe = side.endpoint.is_loopback();
        visit.passed(name,
            is_safe ? std::string{"plain http, within this machine"}
                    : fmt::format("plain http: {} can be read on the way", side.secret),
            is_safe ? "" : fmt::format("Give {} with https, and unset ALLOW_HTTP.", side.setting));
        return;
    }
    std::string detail = "TLS, certificate accepted";
    std::string advice;
    if (probe.certificate_expires) {
        auto const days = days_until(visit, *probe.certificate_expires);
        detail += ", " + end_text(days);
        advice = days < kSoonDays ? "See that the server's certificate is renewed: after that day it is refused." : "";
    }
    visit.passed(name, detail, advice);
}

} // namespace

void Visit::add(Check const& check) const
{
    if (!settings.json) {
        log.out(text_event(check_text(check)));
    }
    checks.push_back(check);
}

void Observations::attempt_ended(Attempt const& attempt)
{
    CallLog::attempt_ended(attempt);
    auto const* reply = std::get_if<http::Reply>(&attempt.outcome);
    last_status = reply ? reply->status : 0;
    if (!reply) {
        return;
    }
    quickest = answers == 0 ? attempt.took : std::min(quickest, attempt.took);
    slowest = std::max(slowest, attempt.took);
    ++answers;
    rates = calls::read_rate_headers(*reply);
    if (reply->header("Date")) {
        auto const now = visit_.instruments.wall_clock();
        // Rounded up: Date cuts off the part of a second that has passed.
        ahead = std::chrono::ceil<std::chrono::seconds>(calls::server_time(*reply, now) - now);
    }
}

bool examine_way(Visit const& visit, Side const& side)
{
    http::Probe probe;
    try {
        probe = visit.instruments.probe(side.endpoint, side.transport, visit.stop);
    } catch (std::invalid_argument const& error) {
        visit.add({side.name + "_connection", side.without, printable(error.what()),
            "Name a file of PEM certificates in CA_FILE, or unset it."});
        return false;
    }
    if (probe.failure && probe.failure->kind == Kind::stopped) {
        throw Stopped{};
    }
    auto const name = side.name + "_name";
    if (probe.addresses.empty()) {
        visit.add({name, side.without,
            probe.failure ? calls::describe(*probe.failure) : probe.resolved_host + " has no address",
            fmt::format("Check the spelling of {}, the proxy if there is one, and this machine's DNS.", side.setting)});
        return false;
    }
    auto const by_proxy = probe.resolved_host == side.endpoint.host ? "" : " (the proxy)";
    visit.passed(name, fmt::format("{}{} is {}", probe.resolved_host, by_proxy, fmt::join(probe.addresses, ", ")));
    if (probe.failure) {
        report_failure(visit, side, *probe.failure);
        return false;
    }
    examine_connection(visit, side, probe);
    return true;
}

void examine_answers(Visit const& visit, std::string const& side, Observations const& seen)
{
    constexpr long long kMostSkew = 10; // Date has whole seconds, and an answer takes its time
    if (seen.answers == 0) {
        return;
    }
    if (seen.ahead) {
        auto const seconds = seen.ahead->count();
        auto const detail = seconds == 0
            ? "the same as this machine's"
            : fmt::format("{} s {} this machine's", std::abs(seconds), seconds < 0 ? "behind" : "ahead of");
        visit.passed(side + "_clock", detail,
            std::abs(seconds) > kMostSkew
                ? "Set this machine's clock (NTP): dates of tokens and certificates are compared with it."
                : "");
    }
    auto const shortest = seen.answers == 1 ? "" : fmt::format("{} to ", milliseconds(seen.quickest));
    visit.passed(side + "_latency",
        fmt::format("{}, {}{} ms", quantity(seen.answers, "answer"), shortest, milliseconds(seen.slowest)));
}

std::string end_text(long long days)
{
    auto const distance = quantity(static_cast<std::size_t>(std::abs(days)), "day");
    return days < 0 ? "expired " + distance + " ago" : "expires in " + distance;
}

long long days_until(Visit const& visit, std::chrono::system_clock::time_point moment)
{
    return std::chrono::floor<std::chrono::days>(moment - visit.instruments.wall_clock()).count();
}

std::optional<long long> days_until(Visit const& visit, std::optional<double> unix_seconds)
{
    if (!unix_seconds) {
        return std::nullopt;
    }
    constexpr double kLast = 9e9; // system_clock ends in 2262
    auto const seconds = static_cast<std::time_t>(std::clamp(*unix_seconds, 0.0, kLast));
    return days_until(visit, std::chrono::system_clock::from_time_t(seconds));
}

std::string quantity(std::size_t number, std::string_view what)
{
    return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

} // namespace backfill::app
