#pragma once

#include "backfill/core/clock.hpp"
#include "backfill/core/stop_tokens.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

namespace backfill::app {

/// Turns SIGINT, SIGTERM and SIGHUP into stop tokens. The first signal requests the soft stop, and six seconds later
/// the hard one (`docker stop` kills after ten). A signal within a second of the first counts as the same, since
/// `timeout` sends its signal to the process and to its group; a later one exits at once. When `longest` has passed, it
/// does as on a first signal. A SIGHUP that was ignored at the start, as under nohup, stays ignored. SIGUSR1 asks for
/// the state of the run. Construct before any other thread starts: the signals are blocked in this thread and so in
/// those it starts.
class StopSignals {
public:
    explicit StopSignals(std::optional<std::chrono::milliseconds> longest = std::nullopt);
    ~StopSignals();
    StopSignals(StopSignals const&) = delete;
    StopSignals& operator=(StopSignals const&) = delete;

    StopTokens tokens();                       ///< `request` does what the end of `longest` does, and does not wait
    int received() const { return received_; } ///< the signal's number, 0 before the first

    /// Registers functions for its lifetime. They must not wait.
    class Callbacks {
    public:
        /// `on_state_request`: SIGUSR1. `before_exit`: a later stop signal, which exits at once.
        Callbacks(StopSignals& signals, std::function<void()> on_state_request, std::function<void()> before_exit);
        Callbacks(Callbacks const&) = delete;
        Callbacks& operator=(Callbacks const&) = delete;
        ~Callbacks();

    private:
        StopSignals& signals_;
    };

private:
    void wait_for_signals();
    void call(std::function<void()> const& callback);
    /// Waits for a signal and returns it, or 0 at `next_step_`, if that is set.
    int next_signal() const;
    void stop_by(int signal); ///< 0: no signal asked for it

    sigset_t const waited_;
    std::stop_source soft_;
    std::stop_source hard_;
    std::atomic<int> received_{0};
    TimePoint first_signal_;             ///< set with received_
    std::optional<TimePoint> next_step_; ///< when to request the soft stop, then the hard one
    std::mutex callbacks_mutex_;
    std::function<void()> on_state_request_;
    std::function<void()> before_exit_;
    std::thread waiter_;
};

} // namespace backfill::app
