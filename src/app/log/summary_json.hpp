#pragma once

#include "app/facts/run_facts.hpp"
#include "app/settings/settings.hpp"

#include "backfill/core/json_text.hpp"

#include <string>

namespace backfill::app {

/// The members of SUMMARY_FILE's object but for the failed conversations: numbers and words, no ids of conversations.
void write_result(JsonWriter& json, Settings const& settings, RunSnapshot const& run, RunEnd const& end);

/// SUMMARY_FILE: the whole result as JSON, with a newline. It holds ids, reasons and numbers; no secret and no
/// customer's text.
std::string summary_json(Settings const& settings, RunFacts const& facts, RunEnd const& end);

} // namespace backfill::app
