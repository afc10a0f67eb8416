#include "backfill/app/application.hpp"

#include "app/events.hpp"
#include "app/look.hpp"
#include "app/metrics.hpp"
#include "app/progress.hpp"
#include "app/rejects_file.hpp"
#include "app/report_page.hpp"
#include "app/state_file.hpp"
#include "app/stop_signals.hpp"
#include "app/summary_file.hpp"

#include "backfill/app/pipeline.hpp"
#include "backfill/app/report.hpp"
#include "backfill/app/settings.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/core/console.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/core/file.hpp"
#include "backfill/core/log.hpp"
#include "backfill/http/poco_transport.hpp"
#include "backfill/http/probe.hpp"

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

#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

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

int exit_code(Ending ending, Report const& report, int signal)
{
    switch (ending) {
    case Ending::fatal:
        return kFatal;
    case Ending::stopped:
        return signal == 0 ? kMaxDuration : 128 + signal;
    case Ending::complete:
        break;
    }
    return report.exit_code();
}

/// What a run learned, for the next one. Only the end of MAX_DURATION leaves a place to go on from: a run that was
/// stopped by a signal, or broke, begins anew.
void leave_state(StateFile& state, Ending ending, int signal, Report& report)
{
    state.remember_ceiling(report.facts().snapshot().traffic.ceiling_per_minute);
    if (ending == Ending::complete) {
        state.forget_stop();
    } else if (ending == Ending::stopped && signal == 0) {
        state.remember_stop(report.facts().frontier().reached(), report.facts().frontier().failed());
    }
    if (auto const error = state.save(); !error.empty()) {
        report.warning(
            "the state file could not be written: " + error + ". The next run starts as if there were none.");
    }
}

/// Throws UsageError when the file named by the setting cannot be written.
template <typename File>
void expect_writable(File const& file, char const* setting, std::string const& path)
{
    if (auto const& error = file.error(); !error.empty()) {
        throw UsageError{std::string{setting} + "=" + printable(path) + ": cannot be written: " + error};
    }
}

/// What the last run left, as far as this one takes it up.
std::optional<StateFile> take_up(Settings& settings)
{
    if (settings.state_file.empty()) {
        return std::nullopt;
    }
    StateFile state{settings};
    settings.warnings.insert(settings.warnings.end(), state.warnings().begin(), state.warnings().end());
    settings.quota.remembered_per_minute = state.ceiling_per_minute();
    settings.selection.after = state.stopped_after();
    settings.failed_before = state.failed_before();
    return state;
}

/// The files beside the two streams. Throws UsageError when one cannot be written.
struct Files {
    explicit Files(Settings const& settings)
    {
        if (settings.writes() && !settings.rejects_file.empty()) {
            rejects.emplace(settings.rejects_file,
                settings.rejects_with_rows ? RejectsFile::Rows::written : RejectsFile::Rows::left_out);
            expect_writable(*rejects, "REJECTS_FILE", settings.rejects_file);
        }
        if (!settings.summary_file.empty()) {
            summary.emplace(settings.summary_file);
            expect_writable(*summary, "SUMMARY_FILE", settings.summary_file);
        }
        if (!settings.metrics_file.empty()) {
            expect_writable(FileReplacement{settings.metrics_file, FileReplacement::Readers::all}, "METRICS_FILE",
                settings.metrics_file);
        }
        if (!settings.report_file.empty()) {
            page.emplace(settings.report_file, FileReplacement::Readers::all);
            expect_writable(*page, "REPORT_FILE", settings.report_file);
        }
    }

    void finish(Settings const& settings, RunEnd const& end, Report& report)
    {
        auto const warn = [&report](char const* file, std::string const& error) {
            if (!error.empty()) {
                report.warning(std::string{"the "} + file + " file could not be written: " + error
                    + ". What it held before is still there.");
            }
        };
        if (rejects) {
            rejects->commit();
            warn("rejects", rejects->error());
        }
        if (summary) {
            summary->commit(summary_json(settings, report.facts(), end));
            warn("summary", summary->error());
        }
        if (page) {
            page->append(report_page(settings, report.facts(), end));
            page->commit();
            warn("report", page->error());
        }
    }

    std::optional<RejectsFile> rejects;
    std::optional<SummaryFile> summary;
    std::optional<FileReplacement> page;
};

int run_with(Settings settings, StopSignals& signals, Console& console)
{
    auto state = take_up(settings);
    Files files{settings};
    SteadyClock clock;
    auto const log = console.log(settings.verbose);
    Report report{settings, clock, log, files.rejects ? &*files.rejects : nullptr};
    Metrics metrics{settings, report, clock, [&settings](std::chrono::milliseconds limit) {
                        auto options = settings.pushgateway_transport;
                        options.request_timeout = limit;
                        return http::make_poco_transport(*settings.pushgateway, options);
                    }};
    Progress progress{settings, report.facts(), console, log, clock};
    StopSignals::Callbacks const callbacks{signals,
        [&] {
            progress.tell_now();
            metrics.tell_now();
        },
        [&console] { console.break_off(); }};
    auto const ending = run_pipeline(settings, connections_of(settings), clock, signals.tokens(), report);
    if (state && settings.command == Command::run) {
        leave_state(*state, ending, signals.received(), report);
    }
    auto const code = exit_code(ending, report, signals.received());
    RunEnd const end{ending, code, std::chrono::system_clock::now()};
    files.finish(settings, end, report);
    metrics.finish(end, signals.received() == 0 ? Metrics::kPushLimit : kLastPushOfStop);
    return code;
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
