#pragma once

#include "app/facts/frontier.hpp"
#include "app/files/state_file.hpp"
#include "app/settings/settings.hpp"

#include <chrono>

namespace backfill::app {

/// What a run begins with: what earlier ones left in `state`, null without STATE_FILE, and which changes this pass asks
/// for. `now` is this machine's clock. A mark that lies behind it is not believed.
LastRun begin_pass(Settings const& settings, StateFile const* state, std::chrono::system_clock::time_point now);

/// Whether a run that comes to its end has taken all that changed since the mark, so that the mark can move.
bool takes_all_changes(Settings const& settings, LastRun const& last);

} // namespace backfill::app
