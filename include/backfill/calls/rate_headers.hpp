#pragma once

#include "backfill/http/transport.hpp"

#include <chrono>
#include <optional>

namespace backfill::calls {

/// The quota that an answer declares: X-RateLimit-Limit (or -Total, as sister products send), -Remaining, and -Reset as
/// Unix time or in seconds. Only one source says which of them Freshchat sends.
struct RateHeaders {
    std::optional<double> total;                        ///< calls per window, at least 1
    std::optional<double> remaining;                    ///< of these
    std::optional<std::chrono::duration<double>> reset; ///< from now, 0 to 24 h
};

RateHeaders read_rate_headers(http::Reply const& reply);

} // namespace backfill::calls
