#include "backfill/prepare/chunks.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace backfill::prepare {

std::vector<Row> take_chunk(std::deque<Row>& waiting, ChunkLimits const& limits)
{
    std::size_t count = 0;
    std::size_t bytes = 0;
    std::unordered_set<std::string_view> ids;
    for (auto const& row : waiting) {
        bool const fits = count < limits.rows && bytes + row.json.size() <= limits.bytes;
        if ((count > 0 && !fits) || !ids.insert(row.id).second) {
            break;
        }
        ++count;
        bytes += row.json.size() + 1; // and a comma
    }
    auto const end = waiting.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<Row> chunk{std::make_move_iterator(waiting.begin()), std::make_move_iterator(end)};
    waiting.erase(waiting.begin(), end);
    std::sort(chunk.begin(), chunk.end(), [](Row const& a, Row const& b) { return a.id < b.id; });
    return chunk;
}

} // namespace backfill::prepare
