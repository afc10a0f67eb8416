#pragma once

#include <string>

namespace backfill {

std::string version();    ///< "0.1.0", from CMakeLists.txt
std::string user_agent(); ///< "freshchat-backfill/0.1.0"; own words, since Supabase refuses secret keys from browsers

} // namespace backfill
