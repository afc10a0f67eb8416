#pragma once

#include "app/connections/connections.hpp"
#include "app/facts/numbers.hpp"
#include "app/settings/settings.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/core/log.hpp"
#include "backfill/supabase/table_facts.hpp"

#include <functional>
#include <stop_token>
#include <string>

namespace backfill::app {

/// Where the status is shown.
struct Screen {
    bool rewrites = false;                                ///< a terminal: each status replaces the one before
    std::function<bool()> is_gone = [] { return false; }; ///< the reader has closed its end
};

/// The facts for people, several lines; for programs, one line of JSON in ASCII that always has the same keys. `time`
/// is when they were read, RFC 3339.
std::string status_text(supabase::TableFacts const& facts, Settings const& settings, std::string const& time);
std::string status_json(supabase::TableFacts const& facts, Settings const& settings, std::string const& time);

/// Prints what the tables hold, once or every `settings.watch`, and a fatal error. Reads only Supabase.
Ending show_status(Settings const& settings, Connections const& connections, Clock& clock, Log const& log,
    Screen const& screen, std::stop_token const& stop);

} // namespace backfill::app
