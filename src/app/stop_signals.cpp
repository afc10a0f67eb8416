#include "app/stop_signals.hpp"

#include <cerrno>
#include <csignal>
#include <ctime>

#include <pthread.h>
#include <unistd.h>

namespace backfill::app {
namespace {

constexpr time_t kLastUpsertsSeconds = 6;

/// Sent by the destructor to its own waiter: the end.
int wake_up_signal()
{
    return SIGRTMIN;
}

sigset_t waited_signals()
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, wake_up_signal());
    return set;
}

} // namespace

StopSignals::StopSignals()
{
    auto const set = waited_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN); // a closed pipe is an error of one write, not the end of the program
    waiter_ = std::thread{[this] { wait_for_signals(); }};
}

StopSignals::~StopSignals()
{
    pthread_kill(waiter_.native_handle(), wake_up_signal());
    waiter_.join();
}

void StopSignals::wait_for_signals()
{
    auto const set = waited_signals();
    for (;;) {
        timespec const patience{kLastUpsertsSeconds, 0};
        int const signal = received_ == 0 || hard_.stop_requested() ? sigwaitinfo(&set, nullptr)
                                                                    : sigtimedwait(&set, nullptr, &patience);
        if (signal == wake_up_signal()) {
            return;
        }
        if (signal < 0) {
            if (errno == EAGAIN) {
                hard_.request_stop();
            }
            continue;
        }
        if (received_ != 0) {
            _exit(128 + signal);
        }
        received_ = signal;
        soft_.request_stop();
    }
}

} // namespace backfill::app
