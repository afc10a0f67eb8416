#pragma once

#include "app/connections/connections.hpp"
#include "app/facts/run_end.hpp"
#include "app/settings/settings.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/core/log.hpp"

#include <functional>
#include <stop_token>

namespace backfill::app {

/// Where the status is shown.
struct Screen {
    bool rewrites = false;                                ///< a terminal: each status replaces the one before
    std::function<bool()> is_gone = [] { return false; }; ///< the reader has closed its end
};

/// Prints what the tables hold, once or every `settings.watch`, and a fatal error. Reads only Supabase.
Ending show_status(Settings const& settings, Connections const& connections, Clock& clock, Log const& log,
    Screen const& screen, std::stop_token const& stop);

} // namespace backfill::app
