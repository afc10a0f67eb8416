#include "app/doctor/doctor.hpp"

#include "app/files/run_files.hpp"
#include "app/log/events.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace backfill::app {
namespace {

void examine_settings(Visit const& visit)
{
    auto const& warnings = visit.settings.warnings;
    if (warnings.empty()) {
        visit.passed("settings", "complete and valid");
    }
    for (auto const& warning : warnings) {
        visit.passed("settings", warning, "A run works with it; fix the setting all the same.");
    }
}

/// Opens them as a run does before it begins; changes none.
void examine_files(Visit const& visit)
{
    auto run = visit.settings;
    run.command = Command::run;
    std::vector paths{
        run.state_file, run.rejects_file, run.summary_file, run.metrics_file, run.report_file, run.markdown_file};
    std::erase(paths, "");
    if (paths.empty()) {
        return;
    }
    std::string refusal;
    try {
        RunFiles const files{run};
    } catch (UsageError const& error) {
        refusal = error.what();
    }
    auto const warnings = run.state_file.empty() ? std::vector<std::string>{} : StateFile{run}.last_run().warnings;
    for (auto const& warning : warnings) {
        visit.passed("files", warning, "A run works with it, from the beginning.");
    }
    if (!refusal.empty()) { // last: a script that looks a check up by its name takes the last
        visit.failed("files", refusal, "Give a path in a folder that this user may write to.");
    } else if (warnings.empty()) {
        std::ranges::transform(paths, paths.begin(), [](auto const& path) { return printable(path); });
        visit.passed("files", fmt::format("{} can be written", fmt::join(paths, ", ")));
    }
}

} // namespace

Ending diagnose(
    Settings const& settings, Instruments const& instruments, Clock& clock, Log const& log, std::stop_token const& stop)
{
    std::vector<Check> checks;
    Visit const visit{settings, instruments, clock, log, stop, checks};
    try {
        examine_settings(visit);
        examine_files(visit);
        examine_notices(visit);
        examine_freshchat(visit, examine_supabase(visit));
    } catch (Stopped const&) {
        return Ending::stopped;
    } catch (std::exception const& error) {
        log.note(fatal_event(error.what()));
        return Ending::fatal;
    }
    log.out(text_event(settings.json ? diagnosis_json(checks) : verdict_text(checks)));
    return count(checks, Check::Result::failed) > 0 ? Ending::fatal : Ending::complete;
}

} // namespace backfill::app
