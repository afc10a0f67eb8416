#include "supabase/id_lists.hpp"

#include "backfill/supabase/postgrest.hpp"

#include <cstddef>
#include <string_view>

namespace backfill::supabase {
namespace {

/// The size of a percent-encoded value in the echo, where PostgREST takes each byte beyond ASCII for a Latin-1 letter
/// and encodes it as two.
std::size_t echoed_size(std::string_view encoded)
{
    auto size = encoded.size();
    for (std::size_t at = encoded.find('%'); at != std::string_view::npos; at = encoded.find('%', at + 1)) {
        size += encoded.at(at + 1) >= '8' ? 3 : 0;
    }
    return size;
}

} // namespace

std::vector<IdList> id_lists(std::vector<ConversationId> const& ids)
{
    constexpr std::size_t kIds = 50;
    constexpr std::size_t kBytes = 2800; // the echo shares a proxy's 4 kB for all headers with some 700 bytes of others
    constexpr std::size_t kSeparator = 3; // echoed as %2C
    std::vector<IdList> lists;
    std::size_t echoed = 0;
    for (auto const& id : ids) {
        auto const value = list_value(id);
        auto const size = echoed_size(value) + kSeparator;
        if (lists.empty() || lists.back().ids.size() == kIds || echoed + size > kBytes) {
            lists.emplace_back();
            echoed = 0;
        }
        echoed += size;
        auto& list = lists.back();
        list.text += list.ids.empty() ? "" : ",";
        list.text += value;
        list.ids.push_back(id);
    }
    return lists;
}

} // namespace backfill::supabase
