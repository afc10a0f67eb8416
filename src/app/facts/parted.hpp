#pragma once

#include "backfill/core/conversation.hpp"

#include <cstddef>

namespace backfill::app {

/// Remembers, beyond the death of the process, which conversations are stored in part: a request is all or nothing, but
/// some conversations take several. And, beyond its end, which ones failed. Any thread.
class PartedConversations {
public:
    PartedConversations() = default;
    PartedConversations(PartedConversations const&) = delete;
    PartedConversations& operator=(PartedConversations const&) = delete;
    virtual ~PartedConversations() = default;
    virtual void parted(ConversationId const& id) = 0; ///< before its first part is sent
    virtual void whole(ConversationId const& id) = 0;
    /// All its messages are stored, and no row was refused. `messages` of them were read, if it was read to its end.
    virtual void complete(ConversationId const& id, std::size_t messages) = 0;
    virtual void lacking(ConversationId const& id) = 0; ///< it failed, or some of its rows were refused

    /// Whether a conversation with so many stored rows may lack some that an earlier run was about to store.
    virtual bool may_be_parted(ConversationId const& id, std::size_t stored_rows) = 0;
};

} // namespace backfill::app
