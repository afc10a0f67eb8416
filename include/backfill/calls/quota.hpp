#pragma once

#include "backfill/core/clock.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace backfill::calls {

/// What a run is told about a host's quota. All rates are calls a minute.
struct QuotaOptions {
    double max_per_minute = 0;        ///< of all shards together, never more than this; 0 = learn
    double share = 0.9;               ///< of a given, declared or learned ceiling; the rest is left to others
    double remembered_per_minute = 0; ///< what an earlier run learned, of the whole host; 0 = nothing
    std::size_t shards = 1;           ///< runs like this one that use the quota at the same time
    std::chrono::milliseconds max_wait{15 * 60 * 1000}; ///< one call waits no longer for quota
};

enum class CeilingOrigin : std::uint8_t { none, learned, declared, given };

/// What has gone through a gate, and what is known of the quota behind it.
struct Traffic {
    std::size_t requests = 0;       ///< attempts sent
    std::size_t throttled = 0;      ///< of these answered 429
    std::size_t retried = 0;        ///< of these sent again after another fault
    Clock::Duration waited{};       ///< by all callers together, for a slot or the end of a pause; until now
    Clock::Duration in_calls{};     ///< by all callers together, for answers and between two tries; until now
    std::size_t waiting = 0;        ///< callers who wait now
    Clock::Duration next_slot_in{}; ///< how long nobody will pass from now on
    double ceiling_per_minute = 0;  ///< 0 = none met
    CeilingOrigin origin = CeilingOrigin::none;
    double used_ratio = 0; ///< accepted calls ÷ what the ceiling allowed since the first call
};

} // namespace backfill::calls
