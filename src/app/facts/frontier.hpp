#pragma once

#include "backfill/core/conversation.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <unordered_map>

namespace backfill::app {

/// How far the work list is done with, though conversations end in another order than they began: up to which one all
/// have ended. One thread at a time.
class Frontier {
public:
    void handed_out(Conversation const& conversation);
    enum class Result { fine, failed };
    void ended(ConversationId const& id, Result result);

    /// The last one before which, itself included, all have ended.
    std::optional<Conversation> const& reached() const { return reached_; }
    std::size_t failed() const { return failed_; } ///< up to there

private:
    struct Entry {
        Conversation conversation;
        bool ended = false;
        bool failed = false;
    };
    std::deque<Entry> open_;
    std::size_t passed_ = 0; ///< entries that left the front
    std::unordered_multimap<ConversationId, std::size_t> positions_;
    std::optional<Conversation> reached_;
    std::size_t failed_ = 0;
};

} // namespace backfill::app
