#pragma once

#include "backfill/core/clock.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace backfill::calls {

/// What settings and earlier runs say about a host's quota. Rates are calls per minute.
struct QuotaOptions {
    double max_per_minute = 0;        ///< all shards together never exceed it; 0 = learn
    double share = 0.9;               ///< part of a given, declared or learned ceiling to use; others get the rest
    double remembered_per_minute = 0; ///< learned by an earlier run, for the whole host; 0 = nothing
    std::size_t shards = 1;           ///< runs that share the quota, this one included
    std::chrono::milliseconds max_wait{15 * 60 * 1000}; ///< the longest that one call waits for quota
};

enum class CeilingOrigin : std::uint8_t { none, learned, declared, given };

/// How callers wait at a gate, and what is known about the quota behind it.
struct Traffic {
    Clock::Duration waited{};       ///< by all callers together, for quota: a slot or the end of a pause, up to now
    Clock::Duration warmup{};       ///< likewise, for a slot while the rate is still doubled and has met no quota
    Clock::Duration in_calls{};     ///< by all callers together, for answers and between two tries, up to now
    bool is_warming_up = false;     ///< the next slot is due to the slow start
    std::size_t waiting = 0;        ///< callers waiting now
    Clock::Duration next_slot_in{}; ///< from now until somebody may pass
    double ceiling_per_minute = 0;  ///< 0 = none met
    CeilingOrigin origin = CeilingOrigin::none;
    double used_ratio = 0; ///< accepted calls ÷ what the ceiling allowed since the first call
};

} // namespace backfill::calls
