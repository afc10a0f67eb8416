#pragma once

#include "app/facts/numbers.hpp"

#include <string>
#include <vector>

namespace backfill::app {

/// What the process returns; a signal that stopped it gives 128 + its number.
struct ExitCode {
    static constexpr int kSuccess = 0;
    static constexpr int kFatal = 1;
    static constexpr int kUsage = 2;
    static constexpr int kSomeFailed = 3;
    static constexpr int kStoppedItself = 10;
};

/// What a fresh message is at the end of a run: stored, or, for a verify that only compares, a difference.
enum class Fresh { stored, missing };

/// Decides the exit code: where several hold, 1 comes before 128 + `signal`, these before 10, that before 3. `signal`
/// is 0 unless one stopped the run, `output_error` empty unless lines are missing on standard output.
int exit_code(Ending ending, int signal, std::string const& output_error = {}, RunSnapshot const& run = {},
    Fresh fresh = Fresh::stored);

enum class Output { file, state };

/// The exit code of a run that would have ended with `code`, but could not write an output: nobody may take the one of
/// before for this run's.
int exit_code_without(Output output, int code);

/// One row of the table of exit codes.
struct ExitCodeText {
    std::string codes;
    std::string meaning;
    std::string advice;    ///< what a scheduler, or whoever watches it, should do
    std::string outcome{}; ///< of one run that ended so, in few words
};

std::vector<ExitCodeText> const& exit_code_texts();

/// The row of this code.
ExitCodeText const& exit_code_text(int code);

} // namespace backfill::app
