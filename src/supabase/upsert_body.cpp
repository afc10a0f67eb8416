#include "supabase/upsert_body.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace backfill::supabase {

std::string body_of(std::span<Row const> rows)
{
    std::vector<Row const*> sorted;
    sorted.reserve(rows.size());
    std::size_t length = 2;
    for (auto const& row : rows) {
        sorted.push_back(&row);
        length += row.json.size() + 1;
    }
    std::ranges::sort(sorted, {}, &Row::id);
    std::string body;
    body.reserve(length);
    body += '[';
    for (auto const* row : sorted) {
        body += body.size() == 1 ? "" : ",";
        body += row->json;
    }
    body += ']';
    return body;
}

} // namespace backfill::supabase
