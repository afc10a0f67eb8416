#pragma once

#include "app/settings/values.hpp"

#include "backfill/core/conversation.hpp"
#include "backfill/supabase/work_list.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backfill::app {

/// Which conversations: dates, ids, files of ids and of rejects, shard, limit and sample. Throws UsageError.
supabase::Selection selection(Command command, SettingValues const& values);

/// Whether FROM_REJECTS is set and the command follows it.
bool tries_rejects_again(Command command, SettingValues const& values);

/// The conversation that a line of a rejects file names; nothing when it is not such a line.
std::optional<ConversationId> conversation_of_reject(std::string const& line);

/// The conversations in a rejects file, each once. Throws std::invalid_argument, naming the line, when it is none.
std::vector<ConversationId> conversations_of_rejects(std::string_view text);

} // namespace backfill::app
