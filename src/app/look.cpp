#include "app/look.hpp"

#include "app/doctor/doctor.hpp"
#include "app/status/status.hpp"
#include "app/stop_signals.hpp"

#include "app/connections/connections.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/http/probe.hpp"

#include <chrono>

#include <poll.h>
#include <unistd.h>

namespace backfill::app {
namespace {

/// A terminal that can be rewritten; a pipe whose reader has gone.
Screen standard_output()
{
    return {Console::can_rewrite(STDOUT_FILENO), [] {
                pollfd watched{STDOUT_FILENO, 0, 0};
                return ::poll(&watched, 1, 0) > 0 && (watched.revents & POLLERR) != 0;
            }};
}

} // namespace

int look_with(Settings const& settings, Console& console)
{
    StopSignals signals{std::nullopt};
    SteadyClock clock;
    auto const log = console.log(settings.verbose);
    auto const connections = connections_of(settings);
    auto const stop = signals.tokens().soft;
    std::stop_callback const on_stop{stop, [&console] { console.hurry(); }};
    auto const ending = settings.command == Command::status
        ? show_status(settings, connections, clock, log, standard_output(), stop)
        : diagnose(settings, {connections, http::probe, std::chrono::system_clock::now}, clock, log, stop);
    return ending == Ending::fatal ? 1 : ending == Ending::stopped ? 128 + signals.received() : 0;
}

} // namespace backfill::app
