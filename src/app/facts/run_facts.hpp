#pragma once

#include "app/facts/frontier.hpp"
#include "app/facts/run_history.hpp"
#include "backfill/calls/client.hpp"
#include "backfill/calls/quota.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/core/conversation.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
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

struct ConversationCounts {
    std::size_t taken = 0; ///< each ends in one of the next three, or is not reached
    std::size_t processed = 0;
    std::size_t skipped = 0; ///< Mode::missing
    std::size_t failed = 0;
    std::size_t passed_over = 0; ///< not reached: they moved in the list to where it was read already
    std::size_t with_news = 0;   ///< of the processed: some message is new
    std::size_t equal = 0;       ///< of the processed: verify found no difference

    std::size_t done() const { return processed + skipped + failed; }
    std::size_t not_reached() const { return taken > done() ? taken - done() : 0; }
};

struct FailedConversation {
    ConversationId id;
    std::string code; ///< not_found, network, upsert, …: few, for counting
    std::string reason;
    bool by_stop = false; ///< nothing but the run's stop kept it from being stored
};

/// Everything that was asked of one side.
struct Calls {
    std::size_t sent = 0;                                       ///< attempts that have ended
    std::size_t retried = 0;                                    ///< of these tried again after a fault
    std::map<std::string, std::size_t, std::less<>> by_outcome; ///< "200", "429", "timeout", …: each attempt once
    Clock::Duration time{};                                     ///< of all attempts together
};

/// How long the fetchers, all together, waited for what.
struct Waits {
    Clock::Duration quota{};    ///< slots and pauses
    Clock::Duration latency{};  ///< Freshchat's answers, and between two tries
    Clock::Duration supabase{}; ///< the look-ups before, the upserts behind them, also after the last
    Clock::Duration work{};     ///< nothing left to fetch, while others still did
    Clock::Duration delays{};   ///< RATE_LIMIT_DELAY, PAGE_DELAY, BATCH_DELAY

    Waits operator-(Waits const& other) const;
};

/// What held the fetchers back most, in the order of Waits.
enum class LimitedBy : std::uint8_t { quota, latency, supabase, work, delays };

/// `work` when there was no wait at all.
LimitedBy largest(Waits const& waits);

/// How fetching goes, as only the running stages know it.
struct FetchingPace {
    calls::Traffic freshchat;
    Waits waits;
};

enum class Phase : std::uint8_t { checking, listing, running };

/// The numbers of a run at one moment.
struct RunSnapshot {
    Phase phase = Phase::checking;
    bool batch_began = false;
    ConversationCounts conversations;
    MessageCounts messages;
    std::map<std::string, std::size_t, std::less<>> conversation_failures; ///< by code
    std::map<std::string, std::size_t, std::less<>> message_failures;      ///< by the database's code, or ours
    std::size_t failed_before = 0; ///< conversations, in the parts of this pass that earlier runs did
    Calls freshchat;
    Calls supabase;
    calls::Traffic traffic; ///< to Freshchat, with what is known of the quota
    Waits waits;
    Clock::Duration elapsed{};
    std::chrono::system_clock::time_point started;
    std::string fatal; ///< why the run could not go on; empty while it can
};

enum class History { none, kept };

/// The one place that knows the numbers of a run as it goes: the report tells it, and whatever shows numbers (the
/// closing lines, progress, the summary file) reads them here. Counts that do not add up throw std::logic_error: a
/// wrong number must not pass for a right one. Any thread.
class RunFacts {
public:
    explicit RunFacts(Clock& clock, History history = History::none);

    void phase_began(Phase phase);
    void found(std::size_t taken);
    void list_ended(std::size_t total, std::size_t passed_over = 0); ///< `total` with those
    void batch_began();
    void going_on(std::size_t failed_before);
    void handed_out(Conversation const& conversation); ///< in the order of the work list
    void conversation_skipped(ConversationId const& id);
    void conversation_done(ConversationId const& id, MessageCounts const& counts, MessageDays const& days = {});
    void conversation_failed(
        FailedConversation const& failed, MessageCounts const& counts, MessageDays const& days = {});
    void message_failed(std::string_view code);
    void attempt_ended(calls::CallObserver::Attempt const& attempt);
    void retry_follows(std::string_view side);
    void fatal(std::string const& what);

    RunSnapshot snapshot() const;

    /// Those that are kept: the first 5 000. The rest is only counted.
    std::vector<FailedConversation> failed_conversations() const;

    /// Empty unless it is kept.
    RunHistory history() const;

    /// For a run that is over.
    Frontier const& frontier() const { return frontier_; }
    void expect_all_accounted_for() const;

    /// While it lives, snapshots ask `source` for the pace; its last answer stays. `source` must call nothing of this.
    class PaceSource {
    public:
        PaceSource(RunFacts& facts, std::function<FetchingPace()> source);
        PaceSource(PaceSource const&) = delete;
        PaceSource& operator=(PaceSource const&) = delete;
        ~PaceSource();

    private:
        RunFacts& facts_;
    };

private:
    void add(ConversationId const& id, MessageCounts const& counts, MessageDays const& days);
    Calls& calls(std::string_view side) { return side == "freshchat" ? numbers_.freshchat : numbers_.supabase; }

    Clock& clock_;
    TimePoint const start_;
    mutable std::mutex mutex_;
    RunSnapshot numbers_; ///< without what snapshot() adds
    std::vector<FailedConversation> failed_;
    Frontier frontier_;
    std::optional<RunHistory> history_;
    std::function<FetchingPace()> pace_;
};

} // namespace backfill::app
