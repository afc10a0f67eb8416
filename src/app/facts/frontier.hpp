#pragma once

#include "backfill/core/conversation.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <unordered_map>

namespace backfill::app {

/// How much of the work list is done without a gap, though conversations end out of order. One thread at a time.
class Frontier {
public:
    void handed_out(Conversation const& conversation);
    enum class Result { fine, failed };
    void ended(ConversationId const& id, Result result);

    /// All up to and including this one have ended.
    std::optional<Conversation> const& reached() const { return reached_; }
    std::size_t failed() const { return failed_; } ///< up to there, itself included

private:
    struct Entry {
        Conversation conversation;
        bool ended = false;
        bool failed = false;
    };
    std::deque<Entry> open_; ///< grows at the back and shrinks at the front: its entries stay where they are
    std::unordered_multimap<ConversationId, Entry*> by_id_;
    std::optional<Conversation> reached_;
    std::size_t failed_ = 0;
};

} // namespace backfill::app
