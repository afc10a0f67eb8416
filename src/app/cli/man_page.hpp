#pragma once

#include <string>

namespace backfill::app {

/// freshchat-backfill(1) in roff, with the man macros.
std::string man_page();

} // namespace backfill::app
