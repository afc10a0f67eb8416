#pragma once

#include "app/facts/rejects.hpp"
#include "app/facts/run_end.hpp"
#include "app/facts/run_facts.hpp"
#include "app/log/call_log.hpp"
#include "app/settings/settings.hpp"
#include "backfill/calls/client.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/core/conversation.hpp"
#include "backfill/core/log.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace backfill::app {

/// Every line that users see of a run. Each thing that happens is told here once: the numbers go to the facts, an event
/// goes out at once. Counts that do not add up throw std::logic_error. Any thread.
class RunLog final : public calls::CallObserver {
public:
    /// `rejects` may be null.
    RunLog(Settings const& settings, Clock& clock, Log const& log, RejectsSink* rejects = nullptr);

    void started();
    void fetching_conversations();
    void found(std::size_t taken, std::size_t matching);
    void no_conversations();
    void going_on_after(ConversationId const& id, std::size_t failed_before); ///< a stopped run is taken up again

    /// The work list is read to its end, and held `total` conversations: more or fewer than found when the table
    /// changed.
    void list_ended(std::size_t read, std::size_t unread);
    void batch_started(std::size_t number, std::size_t size);
    void waiting_before_next_batch();

    void handed_out(Conversation const& conversation);   ///< in the order of the work list
    void conversation_skipped(ConversationId const& id); ///< Mode::missing: it has a stored message
    void conversation_done(ConversationId const& id, MessageCounts const& counts, MessageDays const& days = {});
    void conversation_ignored(ConversationId const& id); ///< not found at Freshchat, and that is no failure
    /// `counts`: rows of the conversation that were answered before it failed, and the failed ones.
    void conversation_failed(
        FailedConversation const& failed, MessageCounts const& counts = {}, MessageDays const& days = {});
    void message_failed(ConversationId const& conversation, FailedMessage const& message);
    /// One of a conversation that fails as a whole, whose line counts them.
    void message_lost(ConversationId const& conversation, FailedMessage const& message);
    /// What verify found in one conversation, before it is done.
    void compared(ConversationId const& conversation, std::vector<std::string_view> const& missing,
        std::vector<std::string_view> const& surplus);
    void message_excluded(ConversationId const& conversation, std::string_view message, std::string const& reason);

    void warning(std::string const& what);
    void fatal(std::string const& what);

    void attempt_ended(Attempt const& attempt) override;
    void retry_follows(std::string_view side, http::Outcome const& failed, int next_try, int tries) override;

    /// The closing lines: none before the first batch began unless the run is complete.
    void finished(Ending ending);

    /// Whether earlier runs could not store a message of it, as far as REJECTS_FILE tells.
    bool has_rejects(ConversationId const& id) const { return rejects_ != nullptr && rejects_->holds(id); }

    bool all_reached() const; ///< every conversation taken was processed or failed

    RunFacts const& facts() const { return facts_; }
    RunFacts& facts() { return facts_; }

    /// 0 when everything is stored, 3 when a conversation or message failed, or verify found a difference that is still
    /// there; for a run that is complete.
    int exit_code() const;

private:
    std::string prefix() const;
    std::string title() const;
    std::string found_text(MessageCounts const& counts) const;
    std::string summary_text(RunSnapshot const& run) const;
    void tell_summary(RunSnapshot const& run, Ending ending) const;
    void tell_traffic(RunSnapshot const& run) const;
    void tell_estimate(RunSnapshot const& run) const;
    bool only_compares() const { return settings_.command == Command::verify && !settings_.repair; }

    Settings const& settings_;
    Log const& log_;
    RejectsSink* const rejects_;
    RunFacts facts_;
    CallLog call_log_;
};

} // namespace backfill::app
