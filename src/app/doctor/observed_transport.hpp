#pragma once

#include "backfill/calls/rate_headers.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/http/transport.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

namespace backfill::app {

using WallClock = std::function<std::chrono::system_clock::time_point()>;

/// What the answers of one side show apart from their bodies.
struct Observations {
    std::size_t answers = 0;
    int last_status = 0; ///< 0 = the last call had no answer
    Clock::Duration quickest{};
    Clock::Duration slowest{};
    std::optional<std::chrono::seconds> ahead; ///< server's clock minus this machine's, by the last Date header
    calls::RateHeaders rates;                  ///< of the last answer
};

/// A transport that keeps `seen` up to date; `seen` must outlive it.
std::unique_ptr<http::Transport> observed(
    std::unique_ptr<http::Transport> inner, Clock& clock, WallClock wall_clock, Observations& seen);

} // namespace backfill::app
