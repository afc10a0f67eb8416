#pragma once

#include "app/facts/numbers.hpp"
#include "app/settings/settings.hpp"

#include <string>
#include <vector>

namespace backfill::app {

/// What is told of the end of a run, in the words of its log. Holds no id, no secret and no customer's text.
struct Notice {
    int exit_code = 0;
    std::string text;  ///< for a chat: two to five lines
    std::string lines; ///< the log's closing lines, under one that says how the run ended
    std::string json;  ///< one object: `text`, and the summary's members
};

/// A run as others may see it: of what ended it, only codes and the names of settings.
struct ToldRun {
    ToldRun(RunSnapshot run);
    RunSnapshot numbers;
};

Notice notice_of(Settings const& settings, ToldRun const& told, RunEnd const& end);

/// Of a run that was refused, or that an error ended which nobody expected: `lines` are those of standard error. Only
/// the names of settings in them are told.
Notice notice_of_error(Command command, int exit_code, std::vector<std::string> const& lines);

/// Asked for by `doctor --notify`.
Notice test_notice();

} // namespace backfill::app
