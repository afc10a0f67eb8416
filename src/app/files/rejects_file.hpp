#pragma once

#include "app/facts/rejects.hpp"
#include "backfill/core/conversation.hpp"
#include "backfill/core/file.hpp"

#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace backfill::app {

/// REJECTS_FILE: a line of JSON for each message that could not be stored. Lines stay until a run has tried all
/// messages of their conversation; what that run could not store stands there then in their place. So the lines of
/// earlier runs outlast one that ended before it came to them. Readable by its owner only, and in place of an older one
/// only when the run has ended in any way but a kill. May be told from any thread.
class RejectsFile final : public RejectsSink {
public:
    enum class Rows { left_out, written };

    RejectsFile(std::string const& path, Rows rows);

    void message_rejected(std::string_view conversation, FailedMessage const& message) override;
    void conversation_tried(std::string_view conversation) override;
    bool holds(std::string_view conversation) const override;
    void commit();

    /// Why it is not what it should be; "" while it is.
    std::string error() const;

private:
    void carry_over();

    mutable std::mutex mutex_;
    std::string const path_;
    FileReplacement file_;
    std::string unreadable_; ///< why the older file, which is there, cannot be read
    Rows const rows_;
    std::unordered_map<ConversationId, bool> tried_; ///< those that stand in the older file or in this run's lines
    std::unordered_map<ConversationId, std::vector<std::string>> open_; ///< lines of those that are not tried yet
};

/// The conversations that stand in one, each once. Throws std::invalid_argument, naming the line, when it is none.
std::vector<ConversationId> conversations_of_rejects(std::string_view text);

} // namespace backfill::app
