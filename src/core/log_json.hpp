#pragma once

#include "backfill/core/log.hpp"

#include <chrono>
#include <string>

namespace backfill {

/// The event as one JSON object without a newline: time, level, event, then its fields.
std::string json_line(Event const& event, std::chrono::system_clock::time_point time);

} // namespace backfill
