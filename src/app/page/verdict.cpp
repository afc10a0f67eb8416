#include "app/page/verdict.hpp"

#include "app/facts/exit_codes.hpp"
#include "app/log/advice.hpp"
#include "app/log/number_text.hpp"
#include "app/page/html_text.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace backfill::app {
namespace {

std::string heading(Settings const& settings, RunSnapshot const& run, RunEnd const& end)
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
            + " moved in the list and were not read";
    }
    if (settings.command == Command::verify && run.messages.fresh + run.messages.surplus > 0) {
        return "The two sides differ";
    }
    return run.failed_before > 0 ? "Finished, but earlier parts had failures"
                                 : "Finished, but a file could not be written";
}

std::string meaning(Settings const& settings, RunEnd const& end)
{
    if (end.exit_code == ExitCode::kFatal && end.ending != Ending::fatal) {
        return "lines are missing on standard output";
    }
    auto const* kept = end.ending != Ending::stopped ? ""
        : settings.writes()                          ? "; what was fetched is stored"
                                                     : "; nothing was written";
    return exit_code_text(end.exit_code).outcome + kept;
}

std::string step_html(std::string_view step)
{
    auto text = html(step);
    bool opens = true;
    for (auto at = text.find('`'); at != std::string::npos; at = text.find('`', at)) {
        text.replace(at, 1, std::exchange(opens, !opens) ? "<code>" : "</code>");
    }
    return text;
}

} // namespace

RunVerdict verdict(Settings const& settings, RunSnapshot const& run, RunEnd const& end)
{
    auto const* const grade = end.ending == Ending::fatal || !end.output_error.empty() ? "bad"
        : end.ending == Ending::stopped || end.exit_code == ExitCode::kSomeFailed      ? "unfinished"
                                                                                       : "good";
    std::vector<std::string> next;
    std::ranges::transform(next_steps(settings, run, end), std::back_inserter(next), step_html);
    return {grade, heading(settings, run, end), meaning(settings, end), std::move(next)};
}

} // namespace backfill::app
