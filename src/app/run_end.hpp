#pragma once

#include "backfill/app/report.hpp"

#include <chrono>

namespace backfill::app {

/// What only the end of a run knows.
struct RunEnd {
    Ending ending;
    int exit_code;
    std::chrono::system_clock::time_point at;
};

} // namespace backfill::app
