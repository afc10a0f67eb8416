#pragma once

#include "soak/town.hpp"

#include "support/subprocess.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace backfill::test {

/// What stays the same in a history.
struct Habits {
    std::string mode;
    bool state_file = false;
    bool rejects_file = false;
    std::size_t shards = 1;
    std::chrono::milliseconds latency{0}; ///< of Freshchat, so that signals find the run busy
};

/// One run: how it is started, and what becomes of it.
struct Plan {
    std::string mode;
    std::size_t limit = 0; ///< 0 = none
    bool ignores_unknown = false;
    std::size_t deadline = 0; ///< seconds; 0 = none
    bool verbose = false;
    Environment settings = {};
    std::vector<Fault> at_freshchat = {};
    std::vector<Fault> at_supabase = {};
    int signal = 0; ///< 0 = none
    bool counts_upserts = false;
    std::size_t moment = 0;             ///< the signal comes after so many requests to Freshchat, or upserts,
    std::chrono::milliseconds delay{0}; ///< and this
    std::size_t news_after = 0;         ///< the town goes on in mid run, after so many requests to Freshchat; 0 = not
};

Habits drawn_habits(Dice& dice);
QuotaRule drawn_quota(Dice& dice);
Plan drawn_plan(Dice& dice, Habits const& habits, Town const& town, QuotaRule const& quota);
/// What strikes, for who looks into a failure.
std::string told_of(Plan const& plan, QuotaRule const& quota);
/// Nothing strikes, nothing is left out, all that is deleted at Freshchat is ignored.
Plan quiet_plan(std::string const& mode);

} // namespace backfill::test
