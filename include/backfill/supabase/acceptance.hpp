#pragma once

#include "backfill/core/conversation.hpp"

#include <atomic>
#include <cstddef>
#include <mutex>
#include <unordered_set>

namespace backfill::supabase {

/// Whether the message table takes rows at all, as far as one run has seen. Until that is known a refused request is
/// not parted down to every row: a table that refuses everything would be asked once for each. Any thread.
class Acceptance {
public:
    /// A row was accepted or seen stored, or the question was given up: from now each refused row is to blame itself.
    bool is_known() const { return known_; }
    void make_known() { known_ = true; }

    /// Held while a request is under way whose answer may settle the question, so that there is only one of them.
    std::unique_lock<std::mutex> trial() { return std::unique_lock{trial_}; }

    /// A row of this conversation was refused alone. Call during a trial.
    void refused(std::string_view conversation) { refused_.emplace(conversation); }
    bool has_refused(std::string_view conversation) const { return refused_.contains(conversation); }
    std::size_t refused_conversations() const { return refused_.size(); }

    /// Rows refused alone since one was accepted.
    std::size_t count_refused() { return ++refused_in_a_row_; }
    void accepted()
    {
        refused_in_a_row_ = 0;
        known_ = true;
    }

private:
    std::atomic<bool> known_{false};
    std::atomic<std::size_t> refused_in_a_row_{0};
    std::mutex trial_;
    std::unordered_set<ConversationId, TextHash, std::equal_to<>> refused_;
};

} // namespace backfill::supabase
