#pragma once

#include "app/settings/settings.hpp"
#include "backfill/supabase/table_facts.hpp"

#include <string>

namespace backfill::app {

/// The facts for people, several lines; for programs, one line of JSON in ASCII that always has the same keys. `time`
/// is when they were read, RFC 3339.
std::string status_text(supabase::TableFacts const& facts, Settings const& settings, std::string const& time);
std::string status_json(supabase::TableFacts const& facts, Settings const& settings, std::string const& time);

} // namespace backfill::app
