#include "backfill/rows/chunks.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <unordered_set>

namespace backfill::rows {

namespace {

/// Where the request ends that would end before `end`: there, or before the conversation that goes on there.
std::deque<Row>::iterator whole_conversations(std::deque<Row>& waiting, std::deque<Row>::iterator const& end)
{
    auto begin = end;
    while (begin != waiting.begin() && end != waiting.end() && std::prev(begin)->conversation == end->conversation) {
        --begin;
    }
    return begin != waiting.begin() ? begin : end;
}

} // namespace

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
    end = whole_conversations(waiting, end);
    std::vector<Row> chunk{waiting.begin(), end};
    waiting.erase(waiting.begin(), end);
    return chunk;
}

} // namespace backfill::rows
