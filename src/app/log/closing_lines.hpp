#pragma once

#include "app/facts/run_facts.hpp"
#include "app/settings/settings.hpp"
#include "backfill/core/log.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace backfill::app {

/// The numbers of the summary by their names: {"totalConversations", "700"}, …, {"durationSeconds", "'1850.45'"}.
std::vector<std::pair<std::string, std::string>> summary_rows(Settings const& settings, RunSnapshot const& run);

/// What a run ends with on standard output: the summary, the traffic with PACE=adaptive, the estimate of a dry run,
/// that nothing is missing. Nothing when it was stopped or broke before its first batch. Holds no ids.
std::vector<Event> closing_events(Settings const& settings, RunSnapshot const& run, Ending ending);

/// What it ends with on standard error, where its exit code asks for something: what failed most, and what mends it.
std::vector<Event> next_step_events(Settings const& settings, RunSnapshot const& run, RunEnd const& end);

/// The next steps, of which only the first are kept, with a line that counts the others. What ended a fatal run comes
/// first.
std::vector<std::string> first_steps(
    Settings const& settings, RunSnapshot const& run, RunEnd const& end, std::size_t most);

} // namespace backfill::app
