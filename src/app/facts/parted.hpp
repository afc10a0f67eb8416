#pragma once

#include "backfill/core/conversation.hpp"

#include <cstddef>

namespace backfill::app {

/// Remembers, beyond the death of the process, which conversations are stored in part: a request is all or nothing, but
/// some conversations take several. Any thread.
class PartedConversations {
public:
    PartedConversations() = default;
    PartedConversations(PartedConversations const&) = delete;
    PartedConversations& operator=(PartedConversations const&) = delete;
    virtual ~PartedConversations() = default;
    virtual void parted(ConversationId const& id) = 0; ///< before its first part is sent
    virtual void whole(ConversationId const& id) = 0;
    virtual void table_was_empty() = 0; ///< so whatever is stored is known here from now on

    /// Whether a conversation with so many stored rows may lack some that a stopped or killed run was about to store.
    virtual bool may_be_parted(ConversationId const& id, std::size_t stored_rows) const = 0;
};

} // namespace backfill::app
