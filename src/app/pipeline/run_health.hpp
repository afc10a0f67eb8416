#pragma once

#include "backfill/core/errors.hpp"

#include <array>
#include <cstddef>
#include <mutex>
#include <string>

namespace backfill::app {

/// When single failures add up to "the run cannot go on". Any thread.
class RunHealth {
public:
    void conversation_fetched();

    /// It was not found, which is no failure here. Returns a doubt to be told, once, where none of the first was found.
    std::string conversation_ignored();

    enum class Verdict { go_on, quota_used_up };

    /// Throws FatalError when this failure, after those before it, means that going on is of no use. Once only it says
    /// that Freshchat's quota is used up: run again later.
    Verdict conversation_failed(ConversationError const& error);

    /// What a batch asks of Supabase. Counted apart: look-ups that work prove nothing about upserts.
    enum class Call : std::size_t { look_up, upsert };

    /// `failure`: why it failed for good; "" when it did not. Throws FatalError at the third of its kind in a row.
    void call_ended(Call call, std::string const& failure = {});

private:
    bool none_found() const; ///< of the first twenty, the last of which has just ended

    std::mutex mutex_;
    int ended_ = 0;                ///< conversations, fetched or not
    int not_found_from_start_ = 0; ///< 404s
    int unanswered_in_a_row_ = 0;  ///< network faults and 5xx
    int throttled_in_a_row_ = 0;
    std::array<int, 2> failed_calls_in_a_row_{};
};

} // namespace backfill::app
