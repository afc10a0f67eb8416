#pragma once

#include "app/facts/run_facts.hpp"
#include "app/settings/settings.hpp"
#include "backfill/core/clock.hpp"

#include <cstddef>

namespace backfill::app {

/// What a run would need, after a dry run of the same settings.
struct RunEstimate {
    std::size_t freshchat_requests; ///< as many as the dry run made: it reads the same pages
    std::size_t supabase_requests;  ///< what the dry run made, and the upserts
    Clock::Duration duration;
};

/// The dry run kept the delays and the quota, and saw how long answers take; only upserts it could not see. They go out
/// while the fetchers go on, so they cost extra time only where they take longer than the fetching, and at each barrier
/// between batches. Each is assumed to take as long as the other requests to Supabase.
RunEstimate estimate_run(Settings const& settings, RunSnapshot const& dry_run);

} // namespace backfill::app
