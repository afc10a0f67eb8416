#include "backfill/app/application.hpp"

#include "app/rejects_file.hpp"
#include "app/state_file.hpp"
#include "app/stop_signals.hpp"

#include "backfill/app/pipeline.hpp"
#include "backfill/app/report.hpp"
#include "backfill/app/settings.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/core/log.hpp"
#include "backfill/http/poco_transport.hpp"

#include <Poco/AutoPtr.h>
#include <Poco/Util/Application.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
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
    state.remember_ceiling(report.traffic().ceiling_per_minute);
    if (ending == Ending::complete) {
        state.forget_stop();
    } else if (ending == Ending::stopped && signal == 0) {
        state.remember_stop(report.frontier().reached(), report.frontier().failed());
    }
    if (auto const error = state.save(); !error.empty()) {
        report.warning(
            "the state file could not be written: " + error + ". The next run starts as if there were none.");
    }
}

int run_with(Settings settings, StandardStreams const& streams)
{
    StopSignals const signals{settings.max_duration};
    std::optional<StateFile> state;
    if (!settings.state_file.empty()) {
        state.emplace(settings);
        settings.warnings.insert(settings.warnings.end(), state->warnings().begin(), state->warnings().end());
        settings.quota.remembered_per_minute = state->ceiling_per_minute();
        settings.selection.after = state->stopped_after();
        settings.failed_before = state->failed_before();
    }
    SteadyClock clock;
    auto const log = streams.log(settings.verbose);
    std::optional<RejectsFile> rejects;
    if (settings.writes() && !settings.rejects_file.empty()) {
        rejects.emplace(settings.rejects_file,
            settings.rejects_with_rows ? RejectsFile::Rows::written : RejectsFile::Rows::left_out);
        if (auto const error = rejects->error(); !error.empty()) {
            throw UsageError{"REJECTS_FILE=" + printable(settings.rejects_file) + ": cannot be written: " + error};
        }
    }
    Report report{settings, clock, log, rejects ? &*rejects : nullptr};
    Connections const connections{
        [&settings] { return http::make_poco_transport(settings.freshchat, settings.freshchat_transport); },
        [&settings] { return http::make_poco_transport(settings.supabase, settings.supabase_transport); },
    };
    auto const ending = run_pipeline(settings, connections, clock, log, signals.tokens(), report);
    if (state && settings.command == Command::run) {
        leave_state(*state, ending, signals.received(), report);
    }
    if (rejects) {
        rejects->commit();
        if (auto const error = rejects->error(); !error.empty()) {
            report.warning("the rejects file could not be written: " + error + ". What it held before is still there.");
        }
    }
    return exit_code(ending, report, signals.received());
}

/// Poco's part is the life cycle; its option parser never sees the arguments, which could hold what it would print.
class Backfill : public Poco::Util::Application {
public:
    explicit Backfill(std::vector<std::string> arguments) : arguments_{std::move(arguments)} {}

    int main(std::vector<std::string> const& /*none*/) override
    {
        forbid_core_files();
        auto const code = run_command();
        if (auto const error = streams_.output_error(); !error.empty()) {
            streams_.log(false).note(
                "freshchat-backfill: standard output could not be written: " + error + ". Lines are missing there.");
            return kFatal;
        }
        return code;
    }

private:
    int run_command()
    {
        auto const log = streams_.log(false);
        try {
            auto invocation = parse_settings(arguments_, {environment_variable, read_file, others_can_read});
            if (!invocation.settings) {
                log.out(invocation.text);
                return EXIT_OK;
            }
            return run_with(std::move(*invocation.settings), streams_);
        } catch (UsageError const& error) {
            log.note(std::string{"freshchat-backfill: "} + error.what());
            return kUsage;
        } catch (std::exception const& error) {
            log.note(std::string{"freshchat-backfill: internal error: "} + error.what());
            return kFatal;
        }
    }

    StandardStreams const streams_;
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
