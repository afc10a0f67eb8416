#pragma once

#include "backfill/core/conversation.hpp"
#include "backfill/core/id_sketch.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace backfill::app {

/// How much of the work list is done without a gap, though conversations end out of order. One thread at a time.
class Frontier {
public:
    void handed_out(Conversation const& conversation);
    enum class Result { fine, failed };
    void ended(ConversationId const& id, Result result); ///< before handed_out() where it was fetched out of its turn

    /// All up to and including this one have ended.
    std::optional<Conversation> const& reached() const { return reached_; }
    std::size_t failed() const { return failed_; }     ///< up to there, itself included
    IdSketch const& passed() const { return passed_; } ///< conversations up to there, itself included

private:
    void advance();

    struct Entry {
        Conversation conversation;
        bool ended = false;
        bool failed = false;
    };
    std::deque<Entry> open_;
    std::size_t left_ = 0; ///< entries that are no more in open_
    IdSketch passed_;
    std::unordered_multimap<ConversationId, std::size_t> positions_;
    std::unordered_map<ConversationId, Result> ended_early_; ///< and ids that the user named and the table lacks
    std::optional<Conversation> reached_;
    std::size_t failed_ = 0;
};

/// What earlier runs left for this one in STATE_FILE; without that file, nothing.
struct LastRun {
    double ceiling_per_minute = 0;           ///< calls that Freshchat's host allows, all shards together; 0 = unknown
    std::optional<Conversation> after{};     ///< where this pass over the conversations was stopped
    std::size_t failed_before = 0;           ///< conversations, in the earlier parts of this pass
    std::optional<IdSketch> passed_before{}; ///< conversations up to `after`; nothing where they are not its rows
    std::vector<std::string> warnings{};     ///< about the file, for stderr

    // Times are RFC 3339, by this machine's clock.
    std::string mark{};                 ///< when the last pass began that took all that changed; empty = none is known
    std::string began{};                ///< this pass, with its first part; empty = unknown
    std::string updated_since{};        ///< which changes it asks for; empty = all
    std::string next_updated_since{};   ///< which ones the next pass will ask for; empty = all
    std::vector<ConversationId> owed{}; ///< failed in earlier runs, and are to be met whenever they changed
    bool all_kept = true;               ///< of the conversations that failed in the earlier parts of this pass
};

} // namespace backfill::app
