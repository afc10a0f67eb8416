#pragma once

#include <string_view>

namespace backfill::app {

/// A message that could not be stored. `code` is the database's, or one of ours: unusable, lost.
struct FailedMessage {
    std::string_view id; ///< empty when it has none
    std::string_view code;
    std::string_view reason;
    std::string_view row = {}; ///< as JSON; empty when it never became one
};

/// Is told of each of them, and of each conversation whose messages have all been tried: stored, or told of. Any
/// thread.
class RejectsSink {
public:
    RejectsSink() = default;
    RejectsSink(RejectsSink const&) = delete;
    RejectsSink& operator=(RejectsSink const&) = delete;
    virtual ~RejectsSink() = default;
    virtual void message_rejected(std::string_view conversation, FailedMessage const& message) = 0;
    virtual void conversation_tried(std::string_view conversation) = 0;

    /// Whether earlier runs could not store a message of it.
    virtual bool holds(std::string_view conversation) const = 0;
};

} // namespace backfill::app
