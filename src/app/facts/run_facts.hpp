#pragma once

#include "app/facts/frontier.hpp"
#include "app/facts/numbers.hpp"
#include "app/facts/run_history.hpp"
#include "backfill/calls/client.hpp"
#include "backfill/calls/quota.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/core/conversation.hpp"

#include <functional>
#include <mutex>
#include <optional>
#include <vector>

namespace backfill::app {

enum class History { none, kept };

/// Keeps the numbers of a run as it goes: the log tells it, and whatever shows numbers (the closing lines, progress,
/// the files) reads them here. Counts that do not add up throw std::logic_error: a wrong number must not pass for a
/// right one. Any thread.
class RunFacts {
public:
    explicit RunFacts(Clock& clock, History history = History::none);

    /// Lets `change` set what takes no more than that: the phase, what was found, how the run ends.
    template <typename Change>
    void update(Change const& change)
    {
        std::lock_guard lock{mutex_};
        change(numbers_);
    }

    void handed_out(Conversation const& conversation); ///< in the order of the work list
    void conversation_skipped(ConversationId const& id);
    void conversation_done(ConversationId const& id, MessageCounts const& counts);
    void conversation_failed(FailedConversation const& failed, MessageCounts const& counts);

    /// For the history alone: a message that its conversation will count as fresh or stored, and its row's time key.
    void message_in_table(long long time_key, RunHistory::Messages const& seen);
    void attempt_ended(calls::CallObserver::Attempt const& attempt);

    /// Snapshots ask `source` from now on. It runs under the lock: it must not call back.
    void pace_from(std::function<FetchingPace()> source);

    /// From now on the time stands still: the summary, the files and the page tell the same.
    void over();

    RunSnapshot snapshot() const;

    /// The first 5 000; the rest is only counted.
    std::vector<FailedConversation> failed_conversations() const;

    /// Empty with History::none.
    RunHistory history() const;

    /// For a run that is over.
    Frontier const& frontier() const { return frontier_; }
    void expect_all_accounted_for() const;

private:
    void add(ConversationId const& id, MessageCounts const& counts);

    Clock& clock_;
    TimePoint const start_;
    std::optional<TimePoint> end_;
    mutable std::mutex mutex_;
    RunSnapshot numbers_; ///< without what snapshot() adds
    std::vector<FailedConversation> failed_;
    Frontier frontier_;
    std::optional<RunHistory> history_;
    std::function<FetchingPace()> pace_ = [] { return FetchingPace{}; };
};

} // namespace backfill::app
