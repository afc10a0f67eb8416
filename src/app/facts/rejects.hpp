#pragma once

#include <string_view>

namespace backfill::app {

/// A message that could not be stored.
struct FailedMessage {
    std::string_view id;   ///< empty when it has none
    std::string_view code; ///< the database's, or ours
    std::string_view reason;
    std::string_view row = {};    ///< as JSON; empty when it never became one
    std::string_view advice = {}; ///< what mends it, in sentences, where the server's answer tells
};

/// Receives each message that could not be stored, and each conversation whose messages were all tried. Any thread.
class RejectsSink {
public:
    RejectsSink() = default;
    RejectsSink(RejectsSink const&) = delete;
    RejectsSink& operator=(RejectsSink const&) = delete;
    virtual ~RejectsSink() = default;
    virtual void message_rejected(std::string_view conversation, FailedMessage const& message) = 0;
    virtual void conversation_tried(std::string_view conversation) = 0;

    /// Whether an earlier run could not store one of its messages.
    virtual bool holds(std::string_view conversation) const = 0;
};

} // namespace backfill::app
