#pragma once

#include "app/facts/run_history.hpp"
#include "app/page/charts.hpp"

namespace backfill::app {

/// Conversations by their number of messages. Pure.
Picture messages_per_conversation(RunHistory const& history);

} // namespace backfill::app
