#pragma once

#include "app/facts/run_history.hpp"
#include "app/log/words.hpp"
#include "app/page/charts.hpp"

namespace backfill::app {

/// Messages by the day they were written, or by the week, month, year, … where days would make too many columns. A few
/// messages very far from all others (a wrong clock) are left out, and the caption says how many. Pure.
Picture messages_over_time(RunHistory const& history, MessageWords const& names);

} // namespace backfill::app
