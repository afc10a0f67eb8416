#include "backfill/calls/rate_headers.hpp"

#include "backfill/calls/retry.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

namespace backfill::calls {
namespace {

std::optional<double> number(http::Reply const& reply, std::string_view name, double least)
{
    auto const text = reply.header(name);
    double value = 0;
    if (!text || std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc{}
        || !std::isfinite(value) || value < least) {
        return std::nullopt;
    }
    return value;
}

} // namespace

RateHeaders read_rate_headers(http::Reply const& reply)
{
    constexpr double kSurelyUnixTime = 1e8;
    auto const limit = number(reply, "X-RateLimit-Limit", 1);
    RateHeaders headers{
        limit ? limit : number(reply, "X-RateLimit-Total", 1), number(reply, "X-RateLimit-Remaining", 0), {}};
    if (auto const reset = number(reply, "X-RateLimit-Reset", 0)) {
        std::chrono::duration<double> const now{
            server_time(reply, std::chrono::system_clock::now()).time_since_epoch()};
        std::chrono::duration<double> const moment{*reset};
        headers.reset = std::clamp<std::chrono::duration<double>>(
            *reset > kSurelyUnixTime ? moment - now : moment, std::chrono::seconds{0}, std::chrono::hours{24});
    }
    return headers;
}

} // namespace backfill::calls
