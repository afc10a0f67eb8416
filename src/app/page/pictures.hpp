#pragma once

#include "app/facts/run_history.hpp"
#include "app/log/words.hpp"
#include "app/page/charts.hpp"
#include "backfill/calls/quota.hpp"

#include <vector>

namespace backfill::app {

// The course of a run in pictures. Pure.

/// Messages by the day they were written, or by the week, month, year, … where days would make too many columns. A few
/// messages very far from all others (a wrong clock) are left out, and the caption says how many. In pictures_days.cpp.
Picture messages_over_time(RunHistory const& history, MessageWords const& names);

/// Requests to Freshchat over the run, as rates per minute. A last interval shorter than half the others is joined to
/// the one before. In pictures_requests.cpp.
Picture requests_over_time(RunHistory const& history, Clock::Duration elapsed, calls::Traffic const& traffic);

/// Conversations by their number of messages.
Picture messages_per_conversation(RunHistory const& history);

/// How long the answers of each side took, both sides on the same logarithmic axis.
std::vector<Picture> response_times(RunHistory const& history);

} // namespace backfill::app
