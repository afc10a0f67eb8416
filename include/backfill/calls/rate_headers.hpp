#pragma once

#include "backfill/http/transport.hpp"

#include <chrono>
#include <optional>

namespace backfill::calls {

/// What an answer declares of its quota: X-RateLimit-Limit (or -Total, as sister products send), -Remaining, and -Reset
/// as Unix time or in seconds. Which of them Freshchat sends is known from one source only.
struct RateHeaders {
    std::optional<double> total;                        ///< calls a window, at least 1
    std::optional<double> remaining;                    ///< of these
    std::optional<std::chrono::duration<double>> reset; ///< from now, 0 to 24 h
};

RateHeaders read_rate_headers(http::Reply const& reply);

} // namespace backfill::calls
