#pragma once

#include "app/log/run_log.hpp"
#include "app/settings/settings.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/http/transport.hpp"

#include <functional>
#include <memory>
#include <stop_token>

namespace backfill::app {

/// Makes one connection per thread of the pipeline.
struct Connections {
    std::function<std::unique_ptr<http::Transport>()> freshchat;
    std::function<std::unique_ptr<http::Transport>()> supabase;
};

/// How a run is stopped: `soft` ends waits, reads and Freshchat calls at once, while what was fetched whole is still
/// stored; `hard` ends the last upserts too.
struct StopTokens {
    std::stop_token soft;
    std::stop_token hard;
};

/// The whole job, for `run` and `dry-run`: checks both sides, reads the work list, and lets every conversation's
/// messages flow through the stages. Returns how it ended; everything else is in `report`, to whom it tells each step,
/// the summary and a fatal error included.
Ending run_pipeline(
    Settings const& settings, Connections const& connections, Clock& clock, StopTokens const& stop, Report& report);

} // namespace backfill::app
