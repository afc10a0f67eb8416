#include "app/log/outcome.hpp"

#include "app/facts/exit_codes.hpp"
#include "app/log/number_text.hpp"

namespace backfill::app {

std::string outcome_heading(Settings const& settings, RunSnapshot const& run, RunEnd const& end)
{
    if (end.ending == Ending::fatal) {
        return "The run could not go on";
    }
    if (!end.output_error.empty()) {
        return std::string{end.ending == Ending::stopped ? "Stopped" : "Finished"}
        + ", but standard output could not be written";
    }
    if (end.ending == Ending::stopped) {
        return end.exit_code != ExitCode::kStoppedItself ? "Stopped by a signal"
            : !run.quota_back.empty()                    ? "Stopped: Freshchat’s quota is used up"
                                                         : "Stopped at MAX_DURATION";
    }
    if (end.exit_code != ExitCode::kSomeFailed) {
        return settings.command == Command::run   ? "Everything asked for is stored"
            : settings.command == Command::verify ? "Both sides are equal"
                                                  : "Everything could be read; nothing was written";
    }
    if (run.conversations.failed > 0) {
        return "Finished, but " + counted(run.conversations.failed, "conversation") + " failed";
    }
    if (run.messages.failed > 0) {
        return "Finished, but " + counted(run.messages.failed, "message") + " could not be stored";
    }
    if (run.conversations.unread > 0) {
        return "Finished, but " + counted(run.conversations.unread, "conversation")
            + " moved in the list and went unread";
    }
    if (settings.command == Command::verify && run.messages.fresh + run.messages.surplus > 0) {
        return "The two sides differ";
    }
    return run.failed_before > 0 ? "Finished, but earlier parts had failures"
                                 : "Finished, but a file could not be written";
}

std::string outcome_meaning(Settings const& settings, RunEnd const& end)
{
    if (end.exit_code == ExitCode::kFatal && end.ending != Ending::fatal) {
        return "lines are missing on standard output";
    }
    auto const* kept = end.ending != Ending::stopped ? ""
        : settings.writes()                          ? "; what was fetched is stored"
                                                     : "; nothing was written";
    return exit_code_text(end.exit_code).outcome + kept;
}

} // namespace backfill::app
