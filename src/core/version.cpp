#include "backfill/core/version.hpp"

namespace backfill {

std::string version()
{
    return BACKFILL_VERSION;
}

std::string version_date()
{
    return BACKFILL_VERSION_DATE;
}

std::string user_agent()
{
    return "freshchat-backfill/" + version();
}

} // namespace backfill
