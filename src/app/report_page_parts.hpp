#pragma once

#include <string_view>

namespace backfill::app {

// The files report_page.css and report_page.js, which CMake makes constants of.
extern std::string_view const kReportStyle;
extern std::string_view const kReportScript;

} // namespace backfill::app
