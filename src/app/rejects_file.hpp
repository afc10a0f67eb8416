#pragma once

#include "backfill/app/report.hpp"
#include "backfill/core/file.hpp"

#include <mutex>
#include <string>

namespace backfill::app {

/// REJECTS_FILE: a line of JSON for each message that could not be stored. Readable by its owner only, and in place of
/// an older one only when the run has ended in any way but a kill. May be told from any thread.
class RejectsFile final : public RejectsSink {
public:
    enum class Rows { left_out, written };

    RejectsFile(std::string const& path, Rows rows);

    void message_rejected(std::string_view conversation, FailedMessage const& message) override;
    void commit();

    /// Why it is not what it should be; "" while it is.
    std::string error() const;

private:
    mutable std::mutex mutex_;
    FileReplacement file_;
    Rows const rows_;
};

/// The conversations that stand in one, each once. Throws std::invalid_argument, naming the line, when it is none.
std::vector<ConversationId> conversations_of_rejects(std::string_view text);

} // namespace backfill::app
