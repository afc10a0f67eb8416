#pragma once

#include "app/facts/run_facts.hpp"
#include "app/settings/settings.hpp"

#include <string>
#include <vector>

namespace backfill::app {

/// How a run ended, for people: plain text but for `next`.
struct RunVerdict {
    std::string grade; ///< a class of the style sheet: "good", "unfinished" or "bad"
    std::string heading;
    std::string meaning;           ///< of the exit code
    std::vector<std::string> next; ///< HTML: what to do about one thing each, the most important first
};

/// Pure.
RunVerdict verdict(Settings const& settings, RunSnapshot const& run, RunEnd const& end);

} // namespace backfill::app
