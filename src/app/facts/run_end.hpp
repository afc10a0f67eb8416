#pragma once

#include <chrono>
#include <string>

namespace backfill::app {

/// How a run ended.
enum class Ending { complete, stopped, fatal };

/// What only the end of a run knows.
struct RunEnd {
    Ending ending = Ending::complete;
    int exit_code = 0;
    std::chrono::system_clock::time_point at;
    std::string output_error{}; ///< why lines are missing on standard output; "" = none are
};

} // namespace backfill::app
