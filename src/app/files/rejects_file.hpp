#pragma once

#include "app/facts/rejects.hpp"
#include "backfill/core/conversation.hpp"
#include "backfill/core/file.hpp"

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace backfill::app {

/// REJECTS_FILE: a line of JSON for each message that could not be stored. Lines of earlier runs stay until a run has
/// tried all messages of their conversation, and give way to what that run could not store. Readable by its owner only;
/// replaces the older file when the run has ended. What a killed run had written is taken over first. Any thread.
class RejectsFile final : public RejectsSink {
public:
    enum class Rows { left_out, written };

    RejectsFile(std::string const& path, Rows rows);

    void message_rejected(std::string_view conversation, FailedMessage const& message) override;
    void conversation_tried(std::string_view conversation) override;
    bool holds(std::string_view conversation) const override;
    void commit(std::chrono::milliseconds patience); ///< as FileReplacement

    /// Why it cannot be read or written; "" while it can.
    std::string error() const;

private:
    void carry_over();

    mutable std::mutex mutex_;
    std::string const path_;
    std::string unreadable_; ///< why the older file cannot be read; "" where it can or does not exist
    std::optional<FileReplacement> file_;
    Rows const rows_;
    std::unordered_map<ConversationId, bool> tried_; ///< conversations with lines in the older file or of this run
    std::unordered_map<ConversationId, std::vector<std::string>> open_; ///< this run's lines of those not tried yet
};

} // namespace backfill::app
