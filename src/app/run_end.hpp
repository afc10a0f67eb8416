#pragma once

#include "backfill/app/report.hpp"

#include <chrono>

namespace backfill::app {

/// What only the end of a run knows.
struct RunEnd {
    Ending ending = Ending::complete;
    int exit_code = 0;
    std::chrono::system_clock::time_point at;
};

} // namespace backfill::app
