#pragma once

#include "app/facts/run_facts.hpp"
#include "backfill/core/clock.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>

namespace backfill::app {

/// The numbers of a run, and what their change over time tells.
struct ProgressView {
    RunSnapshot run;
    double conversations_per_minute = 0; ///< of the last minute
    struct Range {
        Clock::Duration low;
        Clock::Duration high;
    };
    std::optional<Range> left;       ///< unset while it would be a guess
    std::string limited_by = "work"; ///< what the fetchers waited for most in the last minute
};

/// Estimates the time left from one look at a run to the next. One thread at a time.
///
/// Time left = calls left ÷ calls a second, where calls left = conversations left × calls per conversation so far. The
/// range spans the last minute's rate and the whole run's, widened by 1 ÷ √conversations, since conversations differ in
/// their number of pages. It is unset once it has passed without a conversation done, or a pause outlasts it.
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

    std::optional<Sample> first_; ///< of the first look after the list was counted
    std::deque<Sample> recent_;   ///< from about a minute ago
    std::size_t last_done_ = 0;
    Clock::Duration last_done_at_{}; ///< when that number changed
};

} // namespace backfill::app
