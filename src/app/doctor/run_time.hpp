#pragma once

#include "app/doctor/diagnosis.hpp"
#include "app/settings/settings.hpp"
#include "backfill/core/clock.hpp"

#include <cstddef>
#include <optional>

namespace backfill::app {

/// What a run of so many conversations takes, from the settings alone: no call is made for it. One page each, so longer
/// conversations add to it. `answer` is how long Freshchat takes for a call, `declared` the quota in calls a minute
/// that it declares.
Check run_time(
    Settings const& settings, std::size_t conversations, Clock::Duration answer, std::optional<double> declared);

} // namespace backfill::app
