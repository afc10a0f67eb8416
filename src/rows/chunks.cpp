#include "backfill/rows/chunks.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_set>

namespace backfill::rows {

std::vector<Row> take_chunk(std::deque<Row>& waiting, ChunkLimits const& limits)
{
    std::unordered_set<std::string_view> ids;
    ids.reserve(std::min(waiting.size(), limits.rows));
    std::size_t bytes = 0;
    auto end = waiting.begin();
    for (; end != waiting.end(); ++end) {
        bytes += end->json.size() + 1; // and a comma
        bool const is_full = !ids.empty() && (ids.size() == limits.rows || bytes - 1 > limits.bytes);
        if (is_full || !ids.insert(end->id).second) {
            break;
        }
    }
    std::vector<Row> chunk{waiting.begin(), end};
    waiting.erase(waiting.begin(), end);
    return chunk;
}

} // namespace backfill::rows
