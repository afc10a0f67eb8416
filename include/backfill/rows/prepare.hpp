#pragma once

#include "backfill/core/conversation.hpp"
#include "backfill/core/text_store.hpp"
#include "backfill/rows/clean.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace backfill::rows {

/// The messages of one conversation as rows, parted by whether their id is in the Message table; both parts oldest
/// first. Every message is in one of the four.
struct Prepared {
    struct Dropped {
        std::string_view message; ///< its id
        std::string reason;
    };
    std::vector<Row> fresh;
    std::vector<Row> stored;
    std::vector<Dropped> excluded;
    std::vector<Dropped> unusable;
    TextStore texts; ///< what the rows look at
};

Prepared prepare(std::string_view conversation, std::vector<Message> const& messages, MessageIds const& stored,
    CleanRules const& rules);

/// Whether older pages may hold a message that is not stored: this one does, or stores nothing. A page of excluded
/// messages alone says nothing about older ones.
bool has_news(std::vector<Message> const& page, MessageIds const& stored, CleanRules const& rules);

} // namespace backfill::rows
