#pragma once

#include "backfill/core/conversation.hpp"

#include <string>
#include <vector>

namespace backfill::supabase {

/// A run of ids, and its text inside `in.(…)`.
struct IdList {
    std::vector<ConversationId> ids;
    std::string text;
};

/// Parts ids so that each list fits one request: at most 50 ids and 4 kB. PostgREST echoes the query in its
/// Content-Location header, and default proxies answer 502 to it at 100 UUIDs.
std::vector<IdList> id_lists(std::vector<ConversationId> const& ids);

} // namespace backfill::supabase
