#pragma once

#include "backfill/app/pipeline.hpp"

#include <atomic>
#include <stop_token>
#include <thread>

namespace backfill::app {

/// Turns SIGINT and SIGTERM into stop tokens. The first signal requests the soft stop, six seconds later the hard one
/// (`docker stop` kills after ten); a second signal exits at once. Construct before any other thread starts: the
/// signals are blocked in this thread and so in all that follow.
class StopSignals {
public:
    StopSignals();
    ~StopSignals();
    StopSignals(StopSignals const&) = delete;
    StopSignals& operator=(StopSignals const&) = delete;

    StopTokens tokens() const { return {soft_.get_token(), hard_.get_token()}; }
    int received() const { return received_; } ///< the signal's number, 0 before one came

private:
    void wait_for_signals();

    std::stop_source soft_;
    std::stop_source hard_;
    std::atomic<int> received_{0};
    std::thread waiter_;
};

} // namespace backfill::app
