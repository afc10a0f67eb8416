#pragma once

#include "app/doctor/visit.hpp"
#include "backfill/core/conversation.hpp"

#include <vector>

namespace backfill::app {

/// Checks the token, one of these conversations, page size and quota. Without conversations it asks for a made-up one,
/// which shows whether the token is good.
void examine_freshchat(Visit const& visit, std::vector<ConversationId> const& conversations);

} // namespace backfill::app
