#pragma once

#include "soak/plan.hpp"
#include "soak/town.hpp"

#include "faults/outcome.hpp"

#include "support/fault_proxy.hpp"
#include "support/simulator.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace backfill::test {

/// Ids of messages, by conversation.
using IdsByChat = std::map<std::string, IdSet>;

struct Tolls {
    std::size_t steps = 0; ///< things that happen between runs, and runs
    std::size_t runs = 0;
    std::size_t stops = 0;
    std::size_t kills = 0;
    std::size_t faults = 0; ///< that struck, and calls beyond the quota
    std::size_t rows = 0;   ///< in the end
};

/// One history, from its seed to the last full run. What goes wrong stands in `outcome`.
class History {
public:
    History(std::uint64_t seed, std::string folder);

    void play();

    Outcome outcome;
    Tolls tolls;
    std::string const& mode() const { return habits_.mode; }

private:
    /// Of one selection, as the state file keeps places. A run that goes on there sees nothing of what lies before it.
    struct Pass {
        bool has_place = false;
        bool had_failures = false;
        IdSet seen{}; ///< conversations that the runs before were done with, or that came meanwhile
    };

    /// What a run found, and what came of it.
    struct Run {
        Plan const& plan;
        std::string where; ///< "run 3"
        Pass& pass;
        IdSet& changed;     ///< conversations that changed meanwhile, or while an earlier shard ran
        IdsByChat stored{}; ///< before
        IdsByChat expected{};
        std::size_t at_freshchat = 0; ///< faults and 429s
        std::size_t throttled = 0;
        std::size_t at_supabase = 0;
        bool signalled = false;
        double seconds = 0;
        Ended ended{};
    };

    void happen();
    void refuse_some(bool some);
    void delete_rows();
    void run_all_shards(Plan const& plan);
    int run(Plan const& plan, std::size_t shard, IdSet& changed);
    IdsByChat expected_of(Plan const& plan) const;
    Environment settings_of(Plan const& plan, std::size_t shard) const;
    void carry_out(Run& run, std::size_t shard);
    void go_on(Run& run); ///< Freshchat does, while it runs
    void settle();
    IdsByChat owed_to(std::string const& mode) const;
    void set_sides(Plan const& plan);

    void judge(Run const& run);
    void judge_exit(Run const& run);
    void judge_coverage(IdsByChat const& expected, IdSet const& changed);
    void judge_lines(Run const& run);
    bool is_justified(Run const& run) const;
    void remember(Run const& run);
    bool is_refused(std::string const& id) const { return refused_.find(id.back()) != std::string::npos; }
    void complain(Run const& run, std::string const& what) { outcome.complain(run.where, {what}); }

    void end_quietly();
    void finish_pass(std::string const& mode);
    void check_table();
    void verify();

    Dice dice_;
    std::string const folder_;
    Town town_;
    Habits const habits_;
    QuotaRule quota_;
    Simulator simulator_;
    FaultProxy proxy_;
    IdsByChat stored_;    ///< in the table, as it was seen last
    std::string refused_; ///< last characters of ids that the table does not take
    std::map<std::string, Pass> passes_;
    IdsByChat halves_;  ///< what a run was about to store when it ended between two requests
    IdsByChat rejects_; ///< what the table refused, and a rejects file names
    std::atomic<std::size_t> calls_ = 0;
    std::atomic<std::size_t> upserts_ = 0;
    bool sides_changed_ = true;
};

IdsByChat stored_ids();

} // namespace backfill::test
