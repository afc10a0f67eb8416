#pragma once

#include "app/facts/run_facts.hpp"
#include "app/progress/progress_meter.hpp"
#include "app/progress/progress_text.hpp"
#include "app/settings/settings.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/core/console.hpp"
#include "backfill/core/log.hpp"
#include "backfill/core/periodic.hpp"

namespace backfill::app {

/// Shows how far a run is, from a thread of its own, until destroyed: on a terminal it rewrites one line, elsewhere it
/// prints a plain line every PROGRESS_INTERVAL; PROGRESS and LOG_FORMAT decide.
class Progress {
public:
    Progress(Settings const& settings, RunFacts const& facts, Console& console, Log const& log, Clock& clock);
    ~Progress();
    Progress(Progress const&) = delete;
    Progress& operator=(Progress const&) = delete;

    /// Shows nothing from now on: the lines that close a run follow.
    void end();

    /// Prints a plain line soon, whatever PROGRESS says. Any thread; does not wait for the line's reader.
    void tell_now() { looks_.ask(); }

private:
    void look(Periodic::Cause cause);

    Settings const& settings_;
    RunFacts const& facts_;
    Console& console_;
    Log const& log_;
    Clock& clock_;
    bool const bar_;
    Colours const colours_;
    ProgressMeter meter_;
    TimePoint next_line_;
    Periodic looks_;
};

} // namespace backfill::app
