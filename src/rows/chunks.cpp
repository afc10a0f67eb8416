#include "backfill/rows/chunks.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <unordered_set>

namespace backfill::rows {

namespace {

/// Where the request ends that would end before `end`: there, or before the conversation that goes on there, where that
/// one fits a request of its own.
std::deque<Row>::iterator whole_conversations(
    std::deque<Row>& waiting, std::deque<Row>::iterator const& end, ChunkLimits const& limits)
{
    if (end == waiting.end() || end == waiting.begin()) {
        return end;
    }
    auto const goes_on = [conversation = end->conversation](
                             Row const& row) { return row.conversation == conversation; };
    auto begin = end;
    while (begin != waiting.begin() && goes_on(*std::prev(begin))) {
        --begin;
    }
    ChunkLimits size{0, 0};
    for (auto row = begin; row != waiting.end() && goes_on(*row) && size.rows <= limits.rows; ++row) {
        ++size.rows;
        size.bytes += row->json.size() + 1;
    }
    bool const fits = size.rows <= limits.rows && size.bytes - 1 <= limits.bytes;
    return fits && begin != waiting.begin() ? begin : end;
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
    end = whole_conversations(waiting, end, limits);
    std::vector<Row> chunk{waiting.begin(), end};
    waiting.erase(waiting.begin(), end);
    return chunk;
}

} // namespace backfill::rows
