#include "app/facts/exit_codes.hpp"

#include <algorithm>

namespace backfill::app {

int exit_code(Ending ending, int signal, std::string const& output_error, RunSnapshot const& run, Fresh fresh)
{
    if (ending == Ending::fatal || !output_error.empty()) {
        return ExitCode::kFatal;
    }
    if (ending == Ending::stopped) {
        return signal == 0 ? ExitCode::kStoppedItself : 128 + signal;
    }
    bool const differs = run.messages.surplus > 0 || (fresh == Fresh::missing && run.messages.fresh > 0);
    return run.conversations.failed > 0 || run.conversations.unread > 0 || run.messages.failed > 0
            || run.failed_before > 0 || differs
        ? ExitCode::kSomeFailed
        : ExitCode::kSuccess;
}

int exit_code_without(Output output, int code)
{
    bool const is_stop = code == ExitCode::kStoppedItself && output == Output::state; // nothing to go on from
    return code == ExitCode::kSuccess || is_stop ? ExitCode::kSomeFailed : code;
}

std::vector<ExitCodeText> const& exit_code_texts()
{
    static std::vector<ExitCodeText> const texts{
        {"0",
            "everything asked for is stored (dry-run: was looked at; verify: both sides are equal; doctor: no check "
            "failed)",
            "nothing", "all is well"},
        {"1",
            "fatal: the run could not go on, or standard output could not be written (not: its reader left, as head "
            "does); doctor: a check failed",
            "alert; the last line on stderr says what failed and what to do", "fatal: the run could not go on"},
        {"2", "wrong settings or command line: nothing was sent", "alert; do not try again"},
        {"3",
            "finished, but some conversations or messages failed, verify found a difference, or a file that was asked "
            "for could not be written",
            "run it again; when the same ones stay, look at their lines", "finished, but something failed or differs"},
        {"10", "stopped at MAX_DURATION, or since Freshchat's quota is used up: what was fetched is stored",
            "run it again; with STATE_FILE it goes on where it stopped", "stopped early"},
        {"129, 130, 143", "stopped by SIGHUP, SIGINT, SIGTERM: what was fetched is stored", "run it again",
            "stopped by a signal"},
    };
    return texts;
}

ExitCodeText const& exit_code_text(int code)
{
    auto const& texts = exit_code_texts();
    auto const found = std::ranges::find(texts, std::to_string(code), &ExitCodeText::codes);
    return found == texts.end() ? texts.back() : *found;
}

} // namespace backfill::app
