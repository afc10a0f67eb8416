#pragma once

#include "backfill/app/frontier.hpp"
#include "backfill/app/settings.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/core/conversation.hpp"
#include "backfill/core/log.hpp"
#include "backfill/http/quota.hpp"

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace backfill::app {

/// What became of the messages of one conversation.
struct MessageCounts {
    std::size_t fetched = 0;  ///< each ends in one of the next four
    std::size_t fresh = 0;    ///< inserted by this run; in a dry run: would be; in verify without repair: missing
    std::size_t stored = 0;   ///< were in the table already: skipped, or with ON_CONFLICT=update rewritten
    std::size_t excluded = 0; ///< dropped on purpose
    std::size_t failed = 0;   ///< could not be stored
    std::size_t surplus = 0;  ///< verify: in the table, but not at Freshchat

    MessageCounts& operator+=(MessageCounts const& other);
    bool adds_up() const { return fetched == fresh + stored + excluded + failed; }
};

/// A message that could not be stored. `code` is the database's, or one of ours: unusable, lost.
struct FailedMessage {
    std::string_view id; ///< empty when it has none
    std::string_view code;
    std::string_view reason;
    std::string_view row = {}; ///< as JSON; empty when it never became one
};

/// Is told of each of them. Any thread.
class RejectsSink {
public:
    RejectsSink() = default;
    RejectsSink(RejectsSink const&) = delete;
    RejectsSink& operator=(RejectsSink const&) = delete;
    virtual ~RejectsSink() = default;
    virtual void message_rejected(std::string_view conversation, FailedMessage const& message) = 0;
};

/// How a run ended.
enum class Ending { complete, stopped, fatal };

/// What held the fetchers back most.
enum class LimitedBy {
    quota,    ///< waits for slots and pauses
    latency,  ///< Freshchat's answers
    supabase, ///< the look-ups before, the upserts behind them
    work,     ///< nothing left to fetch
};

/// Every number and line that users see. All functions may be called from any thread; a line follows at once. Counts
/// that do not add up throw std::logic_error: a wrong number must not pass for a right one.
class Report {
public:
    /// `rejects` may be null.
    Report(Settings const& settings, Clock& clock, Log const& log, RejectsSink* rejects = nullptr);

    void started();
    void fetching_conversations();
    void found(std::size_t taken, std::size_t matching);
    void no_conversations();
    void going_on_after(ConversationId const& id, std::size_t failed_before); ///< a stopped run is taken up again

    /// The work list is read to its end, and held `total` conversations: more or fewer than found when the table
    /// changed.
    void list_ended(std::size_t total);
    void batch_started(std::size_t number, std::size_t size);
    void waiting_before_next_batch();

    void handed_out(Conversation const& conversation);   ///< in the order of the work list
    void conversation_skipped(ConversationId const& id); ///< Mode::missing: it has a stored message
    void conversation_done(ConversationId const& id, MessageCounts const& counts);
    void conversation_ignored(ConversationId const& id); ///< not found at Freshchat, and that is no failure
    /// `counts`: rows of the conversation that were answered before it failed, and the failed ones.
    void conversation_failed(ConversationId const& id, std::string const& reason, MessageCounts const& counts = {});
    void message_failed(ConversationId const& conversation, FailedMessage const& message);
    /// One of a conversation that fails as a whole, whose line counts them.
    void message_lost(ConversationId const& conversation, FailedMessage const& message);
    /// What verify found in one conversation, before it is done.
    void compared(ConversationId const& conversation, std::vector<std::string_view> const& missing,
        std::vector<std::string_view> const& surplus);
    void message_excluded(ConversationId const& conversation, std::string_view message, std::string const& reason);

    void warning(std::string const& what);
    void fatal(std::string const& what);

    /// What went over the wire to Freshchat, for the line after the summary in adaptive pace.
    void freshchat_traffic(http::Traffic const& traffic, LimitedBy limited_by);

    /// The closing lines: none before the first batch began unless the run is complete.
    void finished(Ending ending);

    /// For a run that is complete.
    void expect_all_accounted_for() const;

    bool all_reached() const; ///< every conversation taken was processed or failed

    /// Up to where the work list is done with; for a run that is over.
    Frontier const& frontier() const { return frontier_; }
    http::Traffic const& traffic() const { return traffic_; }

    /// 0 when everything is stored, 3 when a conversation or message failed, or verify found a difference that is still
    /// there; for a run that is complete.
    int exit_code() const;

private:
    void add(ConversationId const& id, MessageCounts const& counts);
    std::string prefix() const;
    std::string title() const;
    std::string found_text(MessageCounts const& counts) const;
    void print_summary() const;
    void print_message_totals() const;
    void print_traffic() const;
    bool only_compares() const { return settings_.command == Command::verify && !settings_.repair; }
    std::size_t not_reached() const { return taken_ - std::min(taken_, processed_ + skipped_ + failed_); }

    Settings const& settings_;
    Clock& clock_;
    Log const& log_;
    RejectsSink* const rejects_;
    TimePoint start_;

    mutable std::mutex mutex_;
    bool batch_began_ = false;
    std::size_t taken_ = 0;
    std::size_t processed_ = 0;
    std::size_t skipped_ = 0;
    std::size_t failed_ = 0;
    std::size_t equal_ = 0;         ///< conversations in which verify found no difference
    std::size_t failed_before_ = 0; ///< in the parts that earlier runs did
    MessageCounts messages_;
    Frontier frontier_;
    http::Traffic traffic_;
    LimitedBy limited_by_ = LimitedBy::work;
};

} // namespace backfill::app
