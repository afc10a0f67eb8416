#pragma once

#include "app/facts/failure_codes.hpp"
#include "backfill/calls/quota.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/core/conversation.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace backfill::app {

/// How often each code, status or fault was met.
using Counts = std::map<std::string, std::size_t, std::less<>>;

/// What became of the messages of one conversation.
struct MessageCounts {
    std::size_t fetched = 0;  ///< each ends in one of the next four
    std::size_t fresh = 0;    ///< inserted by this run; in a dry run: would be; in verify without repair: missing
    std::size_t stored = 0;   ///< were in the table already: skipped, or with ON_CONFLICT=update rewritten
    std::size_t excluded = 0; ///< dropped on purpose
    std::size_t failed = 0;   ///< could not be stored
    std::size_t surplus = 0;  ///< verify: in the table, but not at Freshchat

    std::size_t without_text = 0; ///< of those written, or that would be: their messages have other parts only

    MessageCounts& operator+=(MessageCounts const& other);
    bool adds_up() const { return fetched == fresh + stored + excluded + failed; }
};

/// What outputs call the ends of messages.
inline constexpr std::array<std::pair<char const*, std::size_t MessageCounts::*>, 5> kMessageFates{
    {{"new", &MessageCounts::fresh}, {"stored", &MessageCounts::stored}, {"excluded", &MessageCounts::excluded},
        {"failed", &MessageCounts::failed}, {"surplus", &MessageCounts::surplus}}};

struct ConversationCounts {
    std::size_t taken = 0; ///< each ends in one of the next three, or is not reached
    std::size_t processed = 0;
    std::size_t skipped = 0; ///< Mode::missing
    std::size_t failed = 0;
    std::size_t repeated = 0;  ///< rows of the list that are no further conversation, so far
    std::size_t unread = 0;    ///< not reached: they moved in the list to where it had been read already
    std::size_t with_news = 0; ///< of the processed: some message is new
    std::size_t equal = 0;     ///< of the processed: verify found no difference

    std::size_t done() const { return processed + skipped + failed; }
    std::size_t not_reached() const { return taken > done() ? taken - done() : 0; }
};

struct FailedConversation {
    ConversationId id;
    ConversationFailure failure;
    std::string reason;
    bool by_stop = false; ///< only the run's stop kept it from being stored
};

/// The requests to one side.
struct Calls {
    std::size_t sent = 0;    ///< attempts that have ended
    std::size_t retried = 0; ///< of these tried again after a fault
    Counts by_outcome;       ///< "200", "429", "timeout", …: each attempt once
    Clock::Duration time{};  ///< of all attempts together

    std::size_t throttled() const; ///< of the attempts, answered 429
};

/// What the fetchers waited for, summed over all of them.
struct Waits {
    Clock::Duration quota{};    ///< slots and pauses
    Clock::Duration latency{};  ///< Freshchat's answers, and between two tries
    Clock::Duration supabase{}; ///< look-ups ahead of them, upserts behind them, also after the last
    Clock::Duration work{};     ///< nothing left to fetch, while others still did
    Clock::Duration delays{};   ///< RATE_LIMIT_DELAY, PAGE_DELAY, BATCH_DELAY
    Clock::Duration warmup{};   ///< PACE=adaptive: the slow start, before any quota is met

    Waits operator-(Waits const& other) const;

    /// The name of the longest: what held the fetchers back most. "work" when there was no wait at all.
    std::string longest() const;
};

/// What outputs call the waits.
inline constexpr std::array<std::pair<char const*, Clock::Duration Waits::*>, 6> kWaits{
    {{"quota", &Waits::quota}, {"latency", &Waits::latency}, {"supabase", &Waits::supabase}, {"work", &Waits::work},
        {"delays", &Waits::delays}, {"warmup", &Waits::warmup}}};

/// What only the running stages know.
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
    Counts conversation_failures;                      ///< by code
    std::map<std::string, Counts> failure_reasons;     ///< by the same code: "HTTP 503", "Connection timeout"; a few
    Counts message_failures;                           ///< by the database's code, or ours
    std::map<std::string, std::string> refusal_advice; ///< what mends the last one of a code of the database
    std::size_t looked_up_by_id = 0;  ///< messages, by a command that only reads: a run asks the upsert
    std::size_t stored_elsewhere = 0; ///< messages whose id is stored under another conversation
    std::size_t failed_before = 0;    ///< conversations that failed in earlier parts of this pass
    Calls freshchat;
    Calls supabase;
    calls::Traffic traffic; ///< to Freshchat, with what is known of the quota
    Waits waits;
    Clock::Duration elapsed{};
    std::chrono::system_clock::time_point started;
    std::string quota_back; ///< the run stopped itself, since Freshchat's quota is used up: "later", "after 2025-…"
    std::string fatal;      ///< why the run could not go on; empty while it can

    Calls& calls_to(std::string_view side) { return side == "freshchat" ? freshchat : supabase; }
};

/// How a run ended.
enum class Ending { complete, stopped, fatal };

/// What only the end of a run knows.
struct RunEnd {
    Ending ending = Ending::complete;
    int exit_code = 0;
    std::chrono::system_clock::time_point at;
    std::string output_error{}; ///< why lines are missing on standard output; "" = none are
};

} // namespace backfill::app
