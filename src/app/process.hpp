#pragma once

#include "app/settings/values.hpp"
#include "app/status/status.hpp"

namespace backfill::app {

// What the program takes from the process that it runs in, and asks of it.

/// The environment, the files, and standard input as "-".
SettingSources setting_sources();

Screen standard_output();

/// A core file would hold the keys and customers' text. The limit alone is not enough: the kernel ignores it where
/// core_pattern is a pipe.
void forbid_core_files();

} // namespace backfill::app
