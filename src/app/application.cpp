#include "backfill/app/application.hpp"

#include "app/cli/invocation.hpp"
#include "app/connections/connections.hpp"
#include "app/doctor/doctor.hpp"
#include "app/facts/exit_codes.hpp"
#include "app/facts/run_facts.hpp"
#include "app/files/run_files.hpp"
#include "app/log/events.hpp"
#include "app/log/run_log.hpp"
#include "app/metrics/metrics.hpp"
#include "app/pipeline/pipeline.hpp"
#include "app/progress/progress.hpp"
#include "app/settings/settings.hpp"
#include "app/settings/values.hpp"
#include "app/status/status.hpp"
#include "app/stop_signals.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/core/console.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/core/log.hpp"
#include "backfill/http/poco_transport.hpp"
#include "backfill/supabase/api_key.hpp"
#include "backfill/supabase/schema_sql.hpp"

#include <Poco/AutoPtr.h>
#include <Poco/Util/Application.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace backfill::app {
namespace {

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

/// A core file would hold the keys and customers' text. The limit alone is not enough: the kernel ignores it where
/// core_pattern is a pipe.
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
    auto const* value = std::getenv(name.c_str()); // no other thread yet, and none ever sets a variable
    return value == nullptr ? std::nullopt : std::optional<std::string>{value};
}

Screen standard_output()
{
    return {Console::can_rewrite(STDOUT_FILENO), [] {
                pollfd watched{STDOUT_FILENO, 0, 0};
                return ::poll(&watched, 1, 0) > 0 && (watched.revents & POLLERR) != 0; // a pipe without a reader
            }};
}

/// `status` and `doctor`: no run, so no log and no outputs of one.
int inspect(Settings const& settings, Console& console)
{
    StopSignals signals;
    SteadyClock clock;
    auto const log = console.log(settings.verbose);
    auto const connections = connections_of(settings);
    auto const stop = signals.tokens().soft;
    std::stop_callback const on_stop{stop, [&console] { console.hurry(); }};
    auto const ending = settings.command == Command::status
        ? show_status(settings, connections, clock, log, standard_output(), stop)
        : diagnose(settings, {connections, http::probe, std::chrono::system_clock::now}, clock, log, stop);
    return exit_code(ending, signals.received());
}

/// Which role the tables are for is all that the key tells.
int print_schema(Settings const& settings, Log const& log)
{
    supabase::TableUser user;
    supabase::ApiKey const key{settings.supabase_key};
    if (!settings.supabase_key.empty() && !key.bypasses_row_level_security()) {
        user = {key.role().empty() ? "anon" : key.role(), false};
    }
    log.out(text_event(supabase::schema_sql(settings.conversations, settings.messages, settings.schema, user)));
    for (auto const& warning : settings.warnings) {
        log.note(warning_event(warning));
    }
    return ExitCode::kSuccess;
}

int run_with(Settings const& settings, StopSignals& signals, Console& console)
{
    RunFiles files{settings};
    SteadyClock clock;
    auto const log = console.log(settings.verbose);
    RunFacts facts{clock, settings.report_file.empty() ? History::none : History::kept};
    Progress progress{settings, facts, console, log, clock};
    auto closing = log;
    closing.out = [&](Event const& event) {
        if (event.name == "summary") {
            progress.end();
        }
        log.out(event);
    };
    RunLog run_log{settings, facts, closing, files.rejects(), files.parted()};
    Metrics metrics{settings, facts, run_log, clock, [&settings](std::chrono::milliseconds limit) {
                        auto options = settings.pushgateway_transport;
                        options.request_timeout = limit;
                        return http::make_poco_transport(*settings.pushgateway, options);
                    }};
    StopSignals::Callbacks const callbacks{signals,
        [&] {
            progress.tell_now();
            metrics.tell_now();
        },
        [&console] { console.break_off(); }};
    std::stop_callback const on_stop{signals.tokens().soft, [&console] { console.hurry(); }};
    auto const ending =
        run_pipeline(settings, files.last_run(), connections_of(settings), clock, signals.tokens(), facts, run_log);
    bool const state_left = files.leave_state(ending, signals.received(), facts, run_log);
    auto const output_error = console.output_error(); // no more lines follow
    auto const code = exit_code(ending, signals.received(), output_error, facts.snapshot(),
        settings.only_compares() ? Fresh::missing : Fresh::stored);
    RunEnd end{ending, state_left ? code : exit_code_without(Output::state, code), std::chrono::system_clock::now(),
        output_error};
    files.finish(end, facts, run_log);
    metrics.finish(end, signals.received() == 0 ? Metrics::kPushLimit : kLastPushOfStop);
    run_log.told_what_next(end);
    return end.exit_code;
}

/// What `act` returns; an exception becomes a line and its exit code.
template <typename Act>
int guarded(Log const& log, Act act)
{
    try {
        return act();
    } catch (UsageError const& error) {
        for (auto const& line : split_list(error.what(), '\n')) {
            log.note(error_event("usage_error", line));
        }
        return ExitCode::kUsage;
    } catch (std::exception const& error) {
        log.note(error_event("internal_error", std::string{"internal error: "} + error.what()));
        return ExitCode::kFatal;
    }
}

int run_with(Settings const& settings, Console& console)
{
    StopSignals signals{settings.max_duration};
    console.set_format(settings.log_format == LogFormat::json ? Console::Format::json : Console::Format::text);
    // Guarded here too, so that a second signal still ends a process whose last line nobody reads.
    return guarded(console.log(false), [&] { return run_with(settings, signals, console); });
}

/// Prints a text that was asked for in place of a run.
int tell(Invocation const& invocation, Log const& log)
{
    log.out(text_event(invocation.text));
    for (auto const& note : invocation.notes) {
        log.note(warning_event(note));
    }
    for (auto const& refusal : invocation.refusals) {
        log.note(error_event("usage_error", refusal));
    }
    return invocation.refusals.empty() ? ExitCode::kSuccess : ExitCode::kUsage;
}

/// Poco runs the life cycle; its option parser never sees the arguments, because it prints those that it refuses, and a
/// key could be among them.
class Backfill : public Poco::Util::Application {
public:
    explicit Backfill(std::vector<std::string> arguments) : arguments_{std::move(arguments)} {}

    int main(std::vector<std::string> const& /*none*/) override
    {
        forbid_core_files();
        auto const code = guarded(console_.log(false), [this] { return run_command(); });
        if (auto const error = console_.output_error(); !error.empty()) {
            console_.log(false).note(error_event(
                "output_error", "standard output could not be written: " + error + ". Lines are missing there."));
            return app::ExitCode::kFatal; // Poco has one of its own
        }
        return code;
    }

private:
    int run_command()
    {
        auto invocation = parse_settings(arguments_, {environment_variable, read_file, others_can_read});
        if (!invocation.settings) {
            return tell(invocation, console_.log(false));
        }
        auto const& settings = *invocation.settings;
        switch (settings.command) { // without a default: a new command must not run as a backfill
        case Command::run:
        case Command::dry_run:
        case Command::verify:
            return run_with(settings, console_);
        case Command::status:
        case Command::doctor:
            return inspect(settings, console_);
        case Command::schema:
            return print_schema(settings, console_.log(false));
        case Command::config:
            break; // answered by parse_settings()
        }
        throw std::logic_error{"a command without an action"};
    }

    Console console_{Console::Format::text}; // until the settings say otherwise
    std::vector<std::string> arguments_;
};

} // namespace

int run_application(int argc, char** argv)
{
    Poco::AutoPtr<Backfill> application{new Backfill{std::vector<std::string>{argv + std::min(argc, 1), argv + argc}}};
    application->init(
        std::vector<std::string>{"/freshchat-backfill"}); // else it looks along a PATH, which may be unset
    return application->run();
}

} // namespace backfill::app
