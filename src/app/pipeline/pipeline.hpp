#pragma once

#include "app/connections/connections.hpp"
#include "app/facts/frontier.hpp"
#include "app/log/run_log.hpp"
#include "app/settings/settings.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/core/stop_tokens.hpp"

namespace backfill::app {

/// The whole job of `run`, `dry-run` and `verify`: checks both sides, reads the work list, and lets every
/// conversation's messages flow through the stages. Returns how it ended; tells `run_log` everything else, the summary
/// and a fatal error included. `facts` are those that `run_log` tells.
Ending run_pipeline(Settings const& settings, LastRun const& last_run, Connections const& connections, Clock& clock,
    StopTokens const& stop, RunFacts& facts, RunLog& run_log);

} // namespace backfill::app
