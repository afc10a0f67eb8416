#include "fuzz/fuzz.hpp"

#include "backfill/calls/rate_headers.hpp"
#include "backfill/calls/retry.hpp"

#include <cmath>

// Four headers, a line each: Retry-After, Date, X-RateLimit-Reset, X-RateLimit-Limit. Whatever a server sends is a wait
// that can be added to any clock, or none.

namespace {

using namespace backfill;
using namespace std::chrono_literals;

void check_rates(http::Reply const& reply)
{
    auto const rates = calls::read_rate_headers(reply);
    fuzz::require(!rates.total || (std::isfinite(*rates.total) && *rates.total >= 1), "a limit is at least 1");
    fuzz::require(!rates.reset || (*rates.reset >= 0s && *rates.reset <= 24h), "a reset is within a day");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    auto rest = fuzz::view(data, size);
    http::Reply reply{429, {}, {}};
    for (auto const* name : {"Retry-After", "Date", "X-RateLimit-Reset", "X-RateLimit-Limit"}) {
        auto const value = fuzz::take_until(rest, '\n');
        if (!value.empty()) {
            reply.headers.emplace_back(name, value);
        }
    }
    std::chrono::system_clock::time_point const now{1'750'000'000s};
    auto const wait = calls::retry_after(reply, now);
    fuzz::require(!wait || (*wait > 0s && *wait <= std::chrono::years{1}), "a wait is within a year");
    if (wait) {
        fuzz::require(now + *wait > now && std::chrono::nanoseconds{*wait} / 1s == wait->count(), "a wait is a time");
    }
    auto const server = calls::server_time(reply, now);
    fuzz::require(server == now || reply.header("Date").has_value(), "without a Date it is now");
    check_rates(reply);
    fuzz::require(fuzz::is_storable(calls::describe(reply)), "a failure can be printed");
    return 0;
}
