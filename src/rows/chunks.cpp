#include "backfill/rows/chunks.hpp"

#include <string_view>
#include <unordered_set>

namespace backfill::rows {
namespace {

std::size_t rows_before_repeated_id(std::deque<Row> const& waiting, std::size_t count)
{
    std::unordered_set<std::string_view> ids;
    ids.reserve(count);
    std::size_t before = 0;
    while (before < count && ids.insert(waiting[before].id).second) {
        ++before;
    }
    return before;
}

} // namespace

std::vector<Row> take_chunk(std::deque<Row>& waiting, ChunkLimits const& limits)
{
    std::size_t count = 0;
    std::size_t bytes = 0;
    for (auto const& row : waiting) {
        bytes += row.json.size() + 1; // and a comma
        if (count > 0 && (count == limits.rows || bytes - 1 > limits.bytes)) {
            break;
        }
        ++count;
    }
    auto const end = waiting.begin() + static_cast<std::ptrdiff_t>(rows_before_repeated_id(waiting, count));
    std::vector<Row> chunk{waiting.begin(), end};
    waiting.erase(waiting.begin(), end);
    return chunk;
}

} // namespace backfill::rows
