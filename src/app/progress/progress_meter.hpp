#pragma once

#include "app/facts/run_facts.hpp"
#include "backfill/core/clock.hpp"

#include <cstddef>
#include <deque>
#include <optional>

namespace backfill::app {

/// The numbers of a run with what their change over time tells.
struct ProgressView {
    RunSnapshot run;
    double conversations_per_minute = 0; ///< of the last minute
    struct Range {
        Clock::Duration low;
        Clock::Duration high;
    };
    std::optional<Range> left;              ///< nothing while it would be a guess
    LimitedBy limited_by = LimitedBy::work; ///< in the last minute
};

/// Looks at a run again and again. One thread at a time.
///
/// What is left is the calls left ÷ calls a second. Calls left: conversations left × calls per conversation so far.
/// Both ends of the range: the faster and the slower of the last minute's rate and the whole run's, each widened by
/// 1 ÷ √conversations, since those to come need other numbers of pages than those that were seen.
class ProgressMeter {
public:
    ProgressView look(RunSnapshot run);

private:
    struct Sample {
        Clock::Duration at; ///< since the run's start
        std::size_t done;
        std::size_t calls;
        Waits waits;
    };
    std::optional<ProgressView::Range> left(RunSnapshot const& run, Sample const& now) const;

    std::optional<Sample> first_; ///< when the first conversation could begin
    std::deque<Sample> recent_;   ///< from about a minute ago
};

} // namespace backfill::app
