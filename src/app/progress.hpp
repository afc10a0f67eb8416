#pragma once

#include "app/progress_meter.hpp"

#include "backfill/app/run_facts.hpp"
#include "backfill/app/settings.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/core/console.hpp"
#include "backfill/core/log.hpp"

#include <mutex>
#include <stop_token>
#include <thread>

namespace backfill::app {

/// Shows how far a run is, from a thread of its own, until it is destroyed: on a terminal one line that is rewritten,
/// elsewhere a plain line now and then; PROGRESS and LOG_FORMAT decide.
class Progress {
public:
    Progress(Settings const& settings, RunFacts const& facts, Console& console, Log const& log, Clock& clock);
    ~Progress();
    Progress(Progress const&) = delete;
    Progress& operator=(Progress const&) = delete;

    /// A plain line at once, whatever PROGRESS says. Any thread; does not wait for whoever reads the line.
    void tell_now();

private:
    void run();
    bool rest_until(TimePoint wake); ///< false at the end; tell_now() cuts it short
    bool told_now();                 ///< whether tell_now() was called since

    Settings const& settings_;
    RunFacts const& facts_;
    Console& console_;
    Log const& log_;
    Clock& clock_;
    bool const bar_;

    std::mutex mutex_;
    std::stop_source wake_; ///< of the current rest
    bool wanted_ = false;
    bool ended_ = false;
    std::thread thread_;
};

} // namespace backfill::app
