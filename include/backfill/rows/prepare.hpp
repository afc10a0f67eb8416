#pragma once

#include "backfill/core/conversation.hpp"
#include "backfill/core/text_store.hpp"

#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

namespace backfill::rows {

/// The rows of one conversation, parted by whether their id is in the Message table. Order is kept.
struct PartedRows {
    std::vector<Row> fresh;
    std::vector<Row> stored;
};

PartedRows part_by_stored(std::vector<Row> const& rows, MessageIds const& stored);

} // namespace backfill::rows
