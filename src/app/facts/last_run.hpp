#pragma once

#include "backfill/core/conversation.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace backfill::app {

/// What earlier runs left for this one in STATE_FILE; without that file, nothing.
struct LastRun {
    double ceiling_per_minute = 0;       ///< calls that Freshchat's host allows, all shards together; 0 = unknown
    std::optional<Conversation> after{}; ///< where this pass over the conversations was stopped
    std::size_t failed_before = 0;       ///< conversations, in the earlier parts of this pass
    std::vector<std::string> warnings{}; ///< about the file, for stderr
};

} // namespace backfill::app
