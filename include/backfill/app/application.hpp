#pragma once

namespace backfill::app {

/// Runs the program: reads the command line, starts the command, prints. Returns the exit code.
int run_application(int argc, char** argv);

} // namespace backfill::app
