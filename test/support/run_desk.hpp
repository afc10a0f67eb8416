#pragma once

#include "support/instant_clock.hpp"

#include "app/log/run_log.hpp"
#include "app/settings/settings.hpp"

#include <mutex>
#include <string>
#include <vector>

namespace backfill::test {

/// The log of a run that a test tells what it likes, and what it writes. `lines` and `events` are for when all is told.
struct RunDesk {
    explicit RunDesk(app::RejectsSink* rejects = nullptr, bool verbose = false)
        : log{[this](Event const& event) { keep(event); }, [this](Event const& event) { keep(event); }, verbose},
          report{settings, facts, log, rejects}
    {
    }

    void keep(Event const& event)
    {
        std::lock_guard const lock{mutex};
        events.push_back(event);
        lines.push_back(event.text);
    }

    std::mutex mutex;
    std::vector<Event> events;
    std::vector<std::string> lines; ///< the events' texts
    InstantClock clock;
    app::Settings settings;
    Log log;
    app::RunFacts facts{clock};
    app::RunLog report;
};

} // namespace backfill::test
