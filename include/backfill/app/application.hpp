#pragma once

namespace backfill::app {

/// The program: commands, streams, signals, exit codes (0, 1, 2, 3, 130, 143).
int run_application(int argc, char** argv);

} // namespace backfill::app
