#pragma once

#include "app/facts/parted.hpp"
#include "app/facts/rejects.hpp"
#include "app/facts/run_facts.hpp"
#include "app/log/call_log.hpp"
#include "app/settings/settings.hpp"
#include "backfill/calls/client.hpp"
#include "backfill/core/conversation.hpp"
#include "backfill/core/log.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace backfill::app {

/// Writes every line that users see of a run. The stages tell each thing that happens once, here: its numbers go to the
/// facts, its line goes out at once. Counts that do not add up throw std::logic_error. Any thread.
class RunLog final : public calls::CallObserver {
public:
    /// `rejects` and `parted` may be null.
    RunLog(Settings const& settings, RunFacts& facts, Log const& log, RejectsSink* rejects = nullptr,
        PartedConversations* parted = nullptr);

    void started();
    void fetching_conversations();
    void only_updated_since(std::string const& time); ///< which conversations are taken; with -v
    void found(std::size_t taken, std::size_t matching);
    void no_conversations();
    void going_on_after(ConversationId const& id, std::size_t failed_before); ///< continues a stopped run

    /// Counting took the database too long: the numbers that found() tells are its estimate.
    void list_is_estimate();

    /// Rows whose id is NULL: they are left out.
    void rows_without_id(std::size_t rows);

    struct ListEnd {
        std::size_t read = 0;
        std::size_t unread = 0;   ///< moved to where it was read before
        std::size_t late = 0;     ///< came to where earlier runs of this pass had read it
        std::size_t repeated = 0; ///< rows with the id of the row before, or an empty one
        bool estimated = false;   ///< what was found
    };
    /// The work list was read to its end: more or fewer conversations than were found where the table changed.
    void list_ended(ListEnd const& list);
    void batch_started(std::size_t number, std::size_t size);
    void waiting_before_next_batch();

    struct DoneConversation {
        ConversationId id;
        MessageCounts counts;
    };

    void conversation_gone(ConversationId const& id);    ///< it failed earlier, and is none any more; writes no line
    void conversation_skipped(ConversationId const& id); ///< Mode::missing: it has a stored message
    void conversation_parted(ConversationId const& id);  ///< before its first part is sent; writes no line
    void conversation_done(ConversationId const& id, MessageCounts const& counts);
    void conversations_done(std::vector<DoneConversation> const& done); ///< by one answer: in one write
    void conversation_ignored(ConversationId const& id); ///< not found at Freshchat, which is no failure here
    /// `counts`: its rows that were answered before it failed, and the failed ones.
    void conversation_failed(FailedConversation const& failed, MessageCounts const& counts = {});

    // Single messages: in run_log_messages.cpp.
    void message_failed(ConversationId const& conversation, FailedMessage const& message);
    /// Writes no line: its conversation fails as a whole, with a line that counts them.
    void message_lost(ConversationId const& conversation, FailedMessage const& message);
    /// It counts as stored.
    void message_stored_elsewhere(
        ConversationId const& conversation, std::string_view message, ConversationId const& stored_under);
    /// What verify found in one conversation, before it is done.
    void compared(ConversationId const& conversation, std::vector<std::string> const& missing,
        std::vector<std::string> const& surplus);
    void message_excluded(ConversationId const& conversation, std::string_view message, std::string const& reason);

    /// Freshchat's, and the run stops. `when`: to run it again.
    void quota_used_up(std::string const& what, std::string const& when);
    void warning(std::string const& what);
    void fatal(std::string const& what);

    void attempt_ended(Attempt const& attempt) override;
    void retry_follows(std::string_view side, http::Outcome const& failed, int next_try, int tries) override;

    /// The summary, the traffic with PACE=adaptive, the estimate of a dry run; nothing when the run was stopped or
    /// broke before its first batch. In run_log_closing.cpp.
    void finished(Ending ending);

    /// The last lines, where the exit code asks for something: what failed most, and what mends it. In
    /// run_log_closing.cpp.
    void told_what_next(RunEnd const& end);

    /// Whether earlier runs could not store one of its messages, as far as REJECTS_FILE tells.
    bool has_rejects(ConversationId const& id) const { return rejects_ != nullptr && rejects_->holds(id); }

    /// Whether a conversation with so many stored rows may lack some that an earlier run was about to store.
    bool may_be_parted(ConversationId const& id, std::size_t stored_rows) const;

private:
    Event done(ConversationId const& id, MessageCounts const& counts);

    Settings const& settings_;
    RunFacts& facts_;
    Log const& log_;
    RejectsSink* const rejects_;
    PartedConversations* const parted_;
    CallLog call_log_;
};

} // namespace backfill::app
