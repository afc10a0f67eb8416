#pragma once

#include "app/facts/run_end.hpp"

#include "app/facts/run_facts.hpp"
#include "app/settings/settings.hpp"

#include <string>
#include <vector>

namespace backfill::app {

/// How a run ended, for people. `next` is HTML, each entry what to do about one thing, the first the most important;
/// the others are plain text.
struct RunVerdict {
    enum class Grade { good, unfinished, bad };
    Grade grade;
    std::string heading;
    std::string meaning; ///< of the exit code
    std::vector<std::string> next;
};

/// Pure.
RunVerdict verdict(Settings const& settings, RunSnapshot const& run, RunEnd const& end);

} // namespace backfill::app
