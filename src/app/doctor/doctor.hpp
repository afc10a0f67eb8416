#pragma once

#include "app/doctor/visit.hpp"
#include "app/facts/numbers.hpp"

namespace backfill::app {

/// Checks the settings and both sides with a handful of calls, and prints what it found and what to do. A failed check
/// ends only those that need it. Writes nothing; one call to Supabase is the upsert of no rows that a run begins with.
/// Returns complete or, when a check failed, fatal.
Ending diagnose(Settings const& settings, Instruments const& instruments, Clock& clock, Log const& log,
    std::stop_token const& stop);

} // namespace backfill::app
