#include "supabase/id_lists.hpp"

#include "backfill/supabase/postgrest.hpp"

#include <cstddef>

namespace backfill::supabase {

std::vector<IdList> id_lists(std::vector<ConversationId> const& ids)
{
    constexpr std::size_t kIds = 50;
    constexpr std::size_t kBytes = 2800; // the echo shares a proxy's 4 kB for all headers with some 700 bytes of others
    constexpr std::size_t kSeparator = 3; // echoed as %2C
    std::vector<IdList> lists;
    for (auto const& id : ids) {
        auto const value = list_value(id);
        if (lists.empty() || lists.back().ids.size() == kIds
            || lists.back().text.size() + kSeparator * lists.back().ids.size() + value.size() > kBytes) {
            lists.emplace_back();
        }
        auto& list = lists.back();
        list.text += list.ids.empty() ? "" : ",";
        list.text += value;
        list.ids.push_back(id);
    }
    return lists;
}

} // namespace backfill::supabase
