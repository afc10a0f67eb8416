#include "app/stop_signals.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <utility>

#include <pthread.h>
#include <unistd.h>

namespace backfill::app {
namespace {

constexpr std::chrono::seconds kLastUpserts{6};
constexpr std::chrono::seconds kSameSignal{1};

int const wake_up_signal = SIGRTMIN;      ///< sent by the destructor to end the waiter
int const own_stop_signal = SIGRTMIN + 1; ///< sent by StopTokens::request

sigset_t waited_signals()
{
    sigset_t set;
    sigemptyset(&set);
    for (auto const signal : {SIGINT, SIGTERM, SIGUSR1, wake_up_signal, own_stop_signal}) {
        sigaddset(&set, signal);
    }
    struct sigaction hang_up {};
    if (::sigaction(SIGHUP, nullptr, &hang_up) == 0 && hang_up.sa_handler != SIG_IGN) { // a blocked one is not ignored
        sigaddset(&set, SIGHUP);
    }
    return set;
}

} // namespace

StopSignals::StopSignals(std::optional<std::chrono::milliseconds> longest) : waited_{waited_signals()}
{
    if (longest) {
        next_step_ = std::chrono::steady_clock::now() + *longest;
    }
    pthread_sigmask(SIG_BLOCK, &waited_, nullptr);
    // A closed pipe or a file at its size limit fails one write; it must not end the program.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    waiter_ = std::thread{[this] { wait_for_signals(); }};
}

StopSignals::~StopSignals()
{
    pthread_kill(waiter_.native_handle(), wake_up_signal);
    waiter_.join();
}

StopTokens StopSignals::tokens()
{
    return {soft_.get_token(), hard_.get_token(),
        [waiter = waiter_.native_handle()] { pthread_kill(waiter, own_stop_signal); }};
}

int StopSignals::next_signal() const
{
    for (;;) {
        int signal = -1;
        if (next_step_) {
            auto const left = std::max(*next_step_ - std::chrono::steady_clock::now(), Clock::Duration::zero());
            auto const seconds = std::chrono::floor<std::chrono::seconds>(left);
            timespec const patience{seconds.count(), std::chrono::nanoseconds{left - seconds}.count()};
            signal = sigtimedwait(&waited_, nullptr, &patience);
        } else {
            signal = sigwaitinfo(&waited_, nullptr);
        }
        if (signal > 0 || errno == EAGAIN) {
            return std::max(signal, 0);
        }
    }
}

StopSignals::Callbacks::Callbacks(
    StopSignals& signals, std::function<void()> on_state_request, std::function<void()> before_exit)
    : signals_{signals}
{
    std::lock_guard lock{signals_.callbacks_mutex_};
    signals_.on_state_request_ = std::move(on_state_request);
    signals_.before_exit_ = std::move(before_exit);
}

StopSignals::Callbacks::~Callbacks()
{
    std::lock_guard lock{signals_.callbacks_mutex_};
    signals_.on_state_request_ = nullptr;
    signals_.before_exit_ = nullptr;
}

void StopSignals::call(std::function<void()> const& callback)
{
    std::lock_guard lock{callbacks_mutex_};
    if (callback) {
        callback();
    }
}

void StopSignals::wait_for_signals()
{
    for (;;) {
        auto const signal = next_signal();
        if (signal == wake_up_signal) {
            return;
        }
        if (signal == SIGUSR1) {
            call(on_state_request_);
        } else if (signal == own_stop_signal) {
            if (!soft_.stop_requested()) {
                stop_by(0);
            }
        } else {
            stop_by(signal);
        }
    }
}

void StopSignals::stop_by(int signal)
{
    auto const now = std::chrono::steady_clock::now();
    if (signal != 0 && received_ == 0) {
        first_signal_ = now;
        received_ = signal;
    } else if (signal != 0 && now - first_signal_ > kSameSignal) {
        call(before_exit_);
        _exit(128 + signal);
    }
    if (!soft_.stop_requested()) {
        soft_.request_stop();
        next_step_ = now + kLastUpserts;
    } else if (signal == 0) {
        hard_.request_stop();
        next_step_.reset();
    }
}

} // namespace backfill::app
