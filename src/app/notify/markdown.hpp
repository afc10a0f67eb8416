#pragma once

#include "app/notify/notice.hpp"

#include <string>

namespace backfill::app {

/// MARKDOWN_FILE: how a run ended, what to do next, and the numbers of its summary. Whatever comes from outside stays
/// text. Holds no ids.
std::string markdown_page(Settings const& settings, ToldRun const& told, RunEnd const& end);

} // namespace backfill::app
