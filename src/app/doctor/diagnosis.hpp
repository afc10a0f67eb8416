#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace backfill::app {

/// The result of one check.
struct Check {
    enum class Result : std::uint8_t { ok, warning, failed };
    std::string name; ///< the same in every version: "supabase_key"
    Result result = Result::ok;
    std::string detail;          ///< what was found
    std::string advice;          ///< what to do; empty only for ok
    bool leaves_nothing = false; ///< for a run to do
};

std::size_t count(std::vector<Check> const& checks, Check::Result result);

/// "✓ supabase key            role service_role"; the advice is a second line.
std::string check_text(Check const& check);

/// Whether a run can work, and what to do next.
std::string verdict_text(std::vector<Check> const& checks);

/// One line of JSON in ASCII: verdict (ready, warnings, not_ready), next, checks.
std::string diagnosis_json(std::vector<Check> const& checks);

} // namespace backfill::app
