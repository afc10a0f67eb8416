#pragma once

#include <string>

namespace backfill {

std::string version();      ///< "0.1.0", from CMakeLists.txt
std::string version_date(); ///< "2026-11-24", from the same place
std::string user_agent();   ///< "freshchat-backfill/0.1.0"; no browser's, from which Supabase refuses secret keys

} // namespace backfill
