#include "backfill/app/application.hpp"

#include "app/cli/invocation.hpp"
#include "app/connections/connections.hpp"
#include "app/doctor/doctor.hpp"
#include "app/facts/exit_codes.hpp"
#include "app/facts/run_facts.hpp"
#include "app/files/run_files.hpp"
#include "app/log/events.hpp"
#include "app/log/run_log.hpp"
#include "app/log/words.hpp"
#include "app/metrics/metrics.hpp"
#include "app/notify/notices.hpp"
#include "app/pipeline/pipeline.hpp"
#include "app/process.hpp"
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
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace backfill::app {
namespace {

constexpr std::chrono::seconds kLastPushOfStop{1}; // the last upserts may have taken six of the eight seconds

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
        : diagnose(
            settings, {connections, http::probe, std::chrono::system_clock::now, connection_to}, clock, log, stop);
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

int run_with(Settings const& settings, StopSignals& signals, Console& console, Log const& log, Notices& notices)
{
    RunFiles files{settings};
    notices.started();
    SteadyClock clock;
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
    auto const output_error = console.output_error(); // no more lines follow there
    bool const state_left = files.leave_state(ending, signals.received(), facts, run_log, !output_error.empty());
    auto const code = exit_code(ending, signals.received(), output_error, facts.snapshot(),
        settings.only_compares() ? Fresh::missing : Fresh::stored);
    RunEnd end{ending, state_left ? code : exit_code_without(Output::state, code), std::chrono::system_clock::now(),
        output_error};
    files.finish(end, facts, run_log);
    bool const signalled = signals.received() != 0;
    notices.ended(notice_of(settings, facts.snapshot(), end), signalled ? Notices::kAfterSignal : Notices::kLimit);
    bool const hurries = signalled || ending == Ending::stopped;
    metrics.finish(end, hurries ? kLastPushOfStop : Metrics::kPushLimit); // at the same time
    notices.finish();
    run_log.told_what_next(end);
    return end.exit_code;
}

/// Is told the exit code that an exception led to, and the lines that say why.
using TellError = std::function<void(int exit_code, std::vector<std::string> const& lines)>;

/// What `act` returns; an exception becomes lines and its exit code.
template <typename Act>
int guarded(Log const& log, Act act, TellError const& tell)
{
    std::vector<std::string> lines;
    auto const note = [&](Event const& event) {
        log.note(event);
        lines.push_back(event.text);
    };
    auto code = ExitCode::kUsage;
    try {
        return act();
    } catch (UsageError const& error) {
        for (auto const& line : split_list(error.what(), '\n')) {
            note(error_event("usage_error", line));
        }
    } catch (std::exception const& error) {
        note(error_event("internal_error", std::string{"internal error: "} + error.what()));
        code = ExitCode::kFatal;
    }
    try {
        tell(code, lines);
    } catch (std::exception const& error) { // must not change the exit code
        log.note(warning_event(std::string{"nobody could be told: "} + error.what()));
    }
    return code;
}

int run_with(Settings const& settings, Console& console)
{
    StopSignals signals{settings.max_duration};
    console.set_format(settings.log_format == LogFormat::json ? Console::Format::json : Console::Format::text);
    auto const log = speaking_as_command(settings, console.log(settings.verbose));
    Notices notices{settings.notices, log, connection_to, signals.tokens().soft};
    // Guarded here too, so that a second signal still ends a process whose last line nobody reads.
    return guarded(
        console.log(false), [&] { return run_with(settings, signals, console, log, notices); },
        [&](int code, std::vector<std::string> const& lines) {
            notices.ended(notice_of_error(settings.command, code, lines));
            notices.finish();
        });
}

/// Tells of a command line or of settings that were refused, as far as they say whom to tell.
void tell_of_refusal(std::vector<std::string> const& arguments, SettingSources const& sources, Log const& log, int code,
    std::vector<std::string> const& lines)
{
    auto const told = notices_of_refusal(arguments, sources);
    if (!told || (!told->notices.healthcheck && !told->notices.webhook)) {
        return;
    }
    StopSignals signals;
    Notices notices{told->notices, log, connection_to, signals.tokens().soft};
    notices.ended(notice_of_error(told->command, code, lines));
    notices.finish();
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
        auto const code = run_command();
        if (auto const error = console_.output_error(); !error.empty()) {
            console_.log(false).note(error_event(
                "output_error", "standard output could not be written: " + error + ". Lines are missing there."));
            return app::ExitCode::kFatal;
        }
        return code;
    }

private:
    /// Returns the exit code of settings that were refused; 0 where there are some.
    int read(Invocation& invocation)
    {
        auto const log = console_.log(false);
        auto const sources = reading_once(setting_sources());
        return guarded(
            log,
            [&] {
                invocation = parse_settings(arguments_, sources);
                return app::ExitCode::kSuccess; // Poco has one of its own
            },
            [&](int code, auto const& lines) { tell_of_refusal(arguments_, sources, log, code, lines); });
    }

    int run_command()
    {
        Invocation invocation;
        if (auto const code = read(invocation); code != app::ExitCode::kSuccess) {
            return code;
        }
        if (!invocation.settings) {
            return tell(invocation, console_.log(false));
        }
        auto const nobody = [](int, std::vector<std::string> const&) {};
        return guarded(
            console_.log(false), [&] { return carry_out(*invocation.settings); }, nobody);
    }

    int carry_out(Settings const& settings)
    {
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
