#include "backfill/app/application.hpp"

#include "app/files/run_files.hpp"
#include "app/log/events.hpp"
#include "app/look.hpp"
#include "app/metrics/metrics.hpp"
#include "app/progress/progress.hpp"
#include "app/stop_signals.hpp"

#include "app/cli/invocation.hpp"
#include "app/connections/connections.hpp"
#include "app/log/run_log.hpp"
#include "app/pipeline/pipeline.hpp"
#include "app/settings/settings.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/core/console.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/core/log.hpp"
#include "backfill/http/poco_transport.hpp"

#include <Poco/AutoPtr.h>
#include <Poco/Util/Application.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

namespace backfill::app {
namespace {

constexpr int kFatal = 1;
constexpr int kUsage = 2;
constexpr int kMaxDuration = 10;
constexpr std::chrono::seconds kLastPushOfStop{1}; // the last upserts may have taken six of the eight seconds

std::optional<std::string> read_file(std::string const& path)
{
    if (path == "-") {
        return std::string{std::istreambuf_iterator<char>{std::cin}, {}};
    }
    std::ifstream file{path, std::ios::binary};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    return file.is_open() && !file.bad() ? std::optional{std::move(text)} : std::nullopt;
}

bool others_can_read(std::string const& path)
{
    struct stat status {};
    return path != "-" && ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode)
        && (status.st_mode & S_IROTH) != 0;
}

/// A core file would hold the keys and what customers wrote. The limit alone is not enough: a core_pattern that pipes
/// ignores it.
void forbid_core_files()
{
    rlimit const none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__ // its leak check attaches to the process
    ::prctl(PR_SET_DUMPABLE, 0);
#endif
}

std::optional<std::string> environment_variable(std::string const& name)
{
    auto const* value = std::getenv(name.c_str()); // no thread runs yet, and none ever sets one
    return value == nullptr ? std::nullopt : std::optional<std::string>{value};
}

int exit_code(Ending ending, RunLog const& run_log, int signal, std::string const& output_error)
{
    if (!output_error.empty()) {
        return kFatal;
    }
    switch (ending) {
    case Ending::fatal:
        return kFatal;
    case Ending::stopped:
        return signal == 0 ? kMaxDuration : 128 + signal;
    case Ending::complete:
        break;
    }
    return run_log.exit_code();
}

int run_with(Settings settings, StopSignals& signals, Console& console)
{
    RunFiles files{settings};
    SteadyClock clock;
    auto const log = console.log(settings.verbose);
    RunLog run_log{settings, clock, log, files.rejects()};
    Metrics metrics{settings, run_log, clock, [&settings](std::chrono::milliseconds limit) {
                        auto options = settings.pushgateway_transport;
                        options.request_timeout = limit;
                        return http::make_poco_transport(*settings.pushgateway, options);
                    }};
    Progress progress{settings, run_log.facts(), console, log, clock};
    StopSignals::Callbacks const callbacks{signals,
        [&] {
            progress.tell_now();
            metrics.tell_now();
        },
        [&console] { console.break_off(); }};
    std::stop_callback const on_stop{signals.tokens().soft, [&] {
                                         if (signals.received() != 0) {
                                             console.hurry();
                                         }
                                     }};
    auto const ending = run_pipeline(settings, connections_of(settings), clock, signals.tokens(), run_log);
    files.leave_state(ending, signals.received(), run_log);
    auto const output_error = console.output_error(); // nothing is written there any more
    RunEnd const end{ending, exit_code(ending, run_log, signals.received(), output_error),
        std::chrono::system_clock::now(), output_error};
    files.finish(end, run_log);
    metrics.finish(end, signals.received() == 0 ? Metrics::kPushLimit : kLastPushOfStop);
    return end.exit_code;
}

int run_with(Settings const& settings, Console& console)
{
    StopSignals signals{settings.max_duration};
    console.set_format(settings.log_format == LogFormat::json ? Console::Format::json : Console::Format::text);
    try {
        return run_with(settings, signals, console);
    } catch (UsageError const& error) {
        console.log(false).note(error_event("usage_error", error.what()));
        return kUsage;
    } catch (std::exception const& error) {
        console.log(false).note(error_event("internal_error", std::string{"internal error: "} + error.what()));
        return kFatal;
    }
}

/// A text that was asked for in place of a run.
int tell(Invocation const& invocation, Log const& log)
{
    log.out(text_event(invocation.text));
    for (auto const& note : invocation.notes) {
        log.note(warning_event(note));
    }
    for (auto const& refusal : invocation.refusals) {
        log.note(error_event("usage_error", refusal));
    }
    return invocation.refusals.empty() ? EXIT_SUCCESS : kUsage;
}

/// Poco's part is the life cycle; its option parser never sees the arguments, which could hold what it would print.
class Backfill : public Poco::Util::Application {
public:
    explicit Backfill(std::vector<std::string> arguments) : arguments_{std::move(arguments)} {}

    int main(std::vector<std::string> const& /*none*/) override
    {
        forbid_core_files();
        auto const code = run_command();
        if (auto const error = console_.output_error(); !error.empty()) {
            console_.log(false).note(error_event(
                "output_error", "standard output could not be written: " + error + ". Lines are missing there."));
            return kFatal;
        }
        return code;
    }

private:
    int run_command()
    {
        auto const log = console_.log(false);
        try {
            auto invocation = parse_settings(arguments_, {environment_variable, read_file, others_can_read});
            if (!invocation.settings) {
                return tell(invocation, log);
            }
            auto const& settings = *invocation.settings;
            bool const only_looks = settings.command == Command::status || settings.command == Command::doctor;
            return only_looks ? look_with(settings, console_) : run_with(settings, console_);
        } catch (UsageError const& error) {
            log.note(error_event("usage_error", error.what()));
            return kUsage;
        } catch (std::exception const& error) {
            log.note(error_event("internal_error", std::string{"internal error: "} + error.what()));
            return kFatal;
        }
    }

    Console console_{Console::Format::text}; // until the settings are known
    std::vector<std::string> arguments_;
};

} // namespace

int run_application(int argc, char** argv)
{
    Poco::AutoPtr<Backfill> application{new Backfill{std::vector<std::string>{argv + std::min(argc, 1), argv + argc}}};
    application->init(std::vector<std::string>{argc > 0 ? argv[0] : "freshchat-backfill"});
    return application->run();
}

} // namespace backfill::app
