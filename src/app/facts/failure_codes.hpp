#pragma once

#include "backfill/core/errors.hpp"

#include <string_view>
#include <vector>

namespace backfill::app {

/// Codes of messages that could not be stored, where the database gave none of its own.
inline constexpr std::string_view kUnusable = "unusable";    ///< it has no id or no readable time
inline constexpr std::string_view kNotStored = "not_stored"; ///< the database took it, and does not hold it
inline constexpr std::string_view kLost = "lost";            ///< the upsert failed for good

/// A failure as outputs show it.
struct FailureText {
    std::string_view code;
    /// Follows "3 conversations" or "1 message": what happened, and after the reasons what to do. Neighbours with the
    /// same advice are counted together. Names of settings and commands stand in backticks. Empty: another code's
    /// advice covers it.
    std::string_view what;
    std::string_view advice;
};

std::string_view code_of(ConversationFailure failure);

/// All of them, in the order of their advice.
std::vector<FailureText> conversation_failures();
std::vector<FailureText> message_failures();

/// The advice for messages that the database refused with a code of its own.
/// `file`: REJECTS_FILE, "" where it is not set.
std::string refused_advice(std::string const& file);

} // namespace backfill::app
