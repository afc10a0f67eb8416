#pragma once

#include "faults/ground.hpp"
#include "faults/told.hpp"

#include "support/program_run.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace backfill::test {

/// What came of a row, or of a series of kills.
struct Outcome {
    std::string exit; ///< codes, as printed
    double seconds = 0;
    std::size_t lost = 0;                ///< rows that are not stored in the end
    std::vector<std::string> leaks;      ///< secrets and texts in any output, each as often as it stands there
    std::vector<std::string> complaints; ///< empty = fine
    std::string captured;                ///< all output, for who looks into a failure
    bool skipped = false;                ///< this machine does not allow it

    void expect(bool holds, std::string const& complaint);
    /// Of the run that `what` names.
    void complain(std::string const& what, std::vector<std::string> const& more);
    void capture(std::string const& what, Ended const& ended);
};

/// A line of the table.
struct Job {
    std::string fault;
    std::string where;
    std::function<Outcome()> run;
};

/// Complaints about one run's lines: torn or unknown ones (a sanitizer's report, too), more or fewer fatal lines than
/// the exit code wants, and sums that do not add up.
std::vector<std::string> complaints_about(Ended const& ended, Voice voice = Voice::verbose_text);

/// What no output may hold: the secrets of `settings`, what customers wrote, and, by their names, the secrets of which
/// the beginning stands in `output`.
std::vector<std::string> leaks_in(std::string const& output, Environment const& settings, Ground const& ground);

/// The content of all files that a run wrote into its folder.
std::string files_in(std::string const& folder);

inline constexpr std::size_t kBatchSize = 5;

/// Everything that the program needs, with short timeouts, small batches, and all its files in `folder`.
Environment row_settings(Simulator const& simulator, std::string const& folder);

} // namespace backfill::test
