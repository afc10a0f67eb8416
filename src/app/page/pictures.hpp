#pragma once

#include "app/log/words.hpp"
#include "app/page/charts.hpp"

#include "app/facts/run_facts.hpp"
#include "app/facts/run_history.hpp"

#include <optional>
#include <string>
#include <vector>

namespace backfill::app {

// From what a run kept of its course to the pictures of its report page: which columns, over which axis. Pure.

/// A picture with what stands above it. No chart: there is nothing to show, and `caption` says so.
struct Picture {
    std::string heading;
    std::string caption;
    std::optional<ColumnChart> chart{};
    std::vector<std::size_t> sums{}; ///< of the series, for the legend; empty = no legend
};

/// By the day they were written, or by the week, month, year, … when it were too many columns. A few messages that are
/// very far from all others (a wrong clock) are left out, and the caption says how many.
Picture messages_over_time(RunHistory const& history, MessageWords const& names);

Picture messages_per_conversation(RunHistory const& history);

/// As rates per minute. A last interval that was not half over is part of the one before.
Picture requests_over_time(RunHistory const& history, Clock::Duration elapsed, calls::Traffic const& traffic);

/// Both sides on the same axis.
std::vector<Picture> response_times(RunHistory const& history);

} // namespace backfill::app
