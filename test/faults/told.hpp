#pragma once

#include "support/program_run.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace backfill::test {

/// How a run is asked to speak.
enum class Voice { verbose_text, text, json, verbose_json };

bool is_verbose(Voice voice);
bool is_json(Voice voice);

/// What a run has told, in whichever voice.
struct Told {
    std::vector<std::string> strange; ///< lines that nobody was promised: torn ones, a sanitizer's report
    std::vector<std::string> shown;   ///< the lines that all users see
    std::vector<std::string> debug;   ///< requests and retries, which only those see who ask for more
    std::size_t fatals = 0;
    bool batch_began = false;
    std::optional<Summary> summary;
    Tally tally;
};

Told told_by(Ended const& ended, Voice voice);

} // namespace backfill::test
