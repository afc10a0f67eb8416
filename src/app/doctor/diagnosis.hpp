#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace backfill::app {

/// The result of one check.
struct Check {
    enum class Result : std::uint8_t { ok, warning, failed };
    std::string name; ///< the same in every version: "supabase_key"
    Result result = Result::ok;
    std::string detail; ///< what was found
    std::string advice; ///< what to do; empty only for ok
};

/// All checks of one visit, in the order in which they were made.
class Diagnosis {
public:
    using Listener = std::function<void(Check const&)>;
    explicit Diagnosis(Listener listener) : listener_{std::move(listener)} {}

    /// A run can work: ok, or a warning where there is advice.
    void passed(std::string name, std::string detail, std::string advice = {});
    void failed(std::string name, std::string detail, std::string advice);

    std::vector<Check> const& checks() const { return checks_; }

private:
    void add(Check check);

    Listener listener_; ///< called with each check at once
    std::vector<Check> checks_;
};

std::size_t count(std::vector<Check> const& checks, Check::Result result);

/// "✓ supabase key            role service_role"; the advice is a second line.
std::string check_text(Check const& check);

/// Whether a run can work, and what to do next.
std::string verdict_text(std::vector<Check> const& checks);

/// One line of JSON in ASCII: verdict (ready, warnings, not_ready), next, checks.
std::string diagnosis_json(std::vector<Check> const& checks);

} // namespace backfill::app
