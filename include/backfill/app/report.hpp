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

namespace backfill::app {

/// What became of the messages of one conversation. Excluded ones are in none of the counts.
struct MessageCounts {
    std::size_t fresh = 0;  ///< inserted by this run; in a dry run: would be
    std::size_t stored = 0; ///< were in the table already: skipped, or with ON_CONFLICT=update rewritten
    std::size_t failed = 0; ///< could not be stored
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

/// Every number and line that users see. All functions may be called from any thread; a line follows at once.
class Report {
public:
    Report(Settings const& settings, Clock& clock, Log const& log);

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
    void message_failed(ConversationId const& conversation, std::string_view message, std::string const& reason);
    void message_excluded(ConversationId const& conversation, std::string_view message, std::string const& reason);

    void warning(std::string const& what);
    void fatal(std::string const& what);

    /// What went over the wire to Freshchat, for the line after the summary in adaptive pace.
    void freshchat_traffic(http::Traffic const& traffic, LimitedBy limited_by);

    /// The closing lines: none before the first batch began unless the run is complete.
    void finished(Ending ending);

    bool all_reached() const; ///< every conversation taken was processed or failed

    /// Up to where the work list is done with; for a run that is over.
    Frontier const& frontier() const { return frontier_; }
    http::Traffic const& traffic() const { return traffic_; }

    /// 0 when everything is stored, 3 when a conversation or message failed; for a run that is complete.
    int exit_code() const;

private:
    void add(MessageCounts const& counts);
    void print_summary();
    void print_traffic();
    std::size_t not_reached() const { return taken_ - std::min(taken_, processed_ + skipped_ + failed_); }

    Settings const& settings_;
    Clock& clock_;
    Log const& log_;
    TimePoint start_;

    mutable std::mutex mutex_;
    bool batch_began_ = false;
    std::size_t taken_ = 0;
    std::size_t processed_ = 0;
    std::size_t skipped_ = 0;
    std::size_t failed_ = 0;
    std::size_t failed_before_ = 0; ///< in the parts that earlier runs did
    MessageCounts messages_;
    Frontier frontier_;
    http::Traffic traffic_;
    LimitedBy limited_by_ = LimitedBy::work;
};

} // namespace backfill::app
