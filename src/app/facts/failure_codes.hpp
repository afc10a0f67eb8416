#pragma once

#include "backfill/core/errors.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace backfill::app {

/// Why a conversation failed. Advice is given in this order.
enum class ConversationFailure : std::uint8_t {
    not_found,
    network,
    server,
    look_up,
    upsert,
    throttled,
    forbidden,
    wrong_host,
    other,
    not_in_table,
};

/// Why a message could not be stored, where the database gave no code of its own. Advice is given in this order.
enum class MessageFailure : std::uint8_t {
    unusable,   ///< it has no id or no readable time
    not_stored, ///< the database took it without an error, and does not hold it
    lost,       ///< the upsert failed for good
};

/// A failure as outputs show it.
struct FailureText {
    std::string_view code;
    /// Follows "3 conversations" or "1 message": what happened, and what to do. Neighbours with the same advice are
    /// counted together. Names of settings and commands stand in backticks. Empty: another code's advice covers it.
    std::string_view advice;
};

std::string_view code_of(ConversationFailure failure);
std::string_view code_of(MessageFailure failure);

/// All of them, in the order of the enum.
std::vector<FailureText> const& conversation_failures();
std::vector<FailureText> const& message_failures();

/// The advice for messages that the database refused with a code of its own.
std::string_view refused_message_advice();

/// Why a conversation that could not be fetched failed.
ConversationFailure failure_of(FetchFailure kind);

} // namespace backfill::app
