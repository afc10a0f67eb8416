#pragma once

#include "backfill/core/conversation.hpp"
#include "backfill/core/text_store.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace backfill::rows {

/// Which messages become rows, and how a row is made.
struct CleanRules {
    Columns columns;
    std::vector<std::string> excluded_actor_types;   ///< lower case
    std::vector<std::string> excluded_message_types; ///< lower case
};

/// Dropped on purpose.
struct Excluded {
    std::string reason; ///< "actor_type system"
};

/// A message that cannot become a row counts as failed. No id or time is ever invented for it.
struct Unusable {
    std::string reason; ///< in our words, without the message's text
};

using Cleaned = std::variant<Row, Excluded, Unusable>;

/// Why a message is dropped on purpose; nothing when it is kept.
std::optional<Excluded> excluded(Message const& message, CleanRules const& rules);

/// `conversation` is the id of the Conversation row, whatever the message itself says; the row keeps a view of it.
/// `texts` takes the other texts of the row.
Cleaned clean(Message const& message, std::string_view conversation, CleanRules const& rules, TextStore& texts);

/// The parts' texts, each trimmed, empty ones dropped, joined by one space. Markup and entities stay as they are.
std::string clean_text(std::vector<std::string_view> const& part_texts);

} // namespace backfill::rows
