#pragma once

#include "app/facts/run_history.hpp"
#include "app/page/charts.hpp"
#include "backfill/calls/quota.hpp"

namespace backfill::app {

/// Requests to Freshchat over the run, as rates per minute. A last interval shorter than half the others is joined to
/// the one before. Pure.
Picture requests_over_time(RunHistory const& history, Clock::Duration elapsed, calls::Traffic const& traffic);

} // namespace backfill::app
