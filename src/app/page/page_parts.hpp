#pragma once

#include <string_view>

namespace backfill::app {

// The files report_page.css and report_page.js, which CMake makes strings of.
std::string_view report_style();
std::string_view report_script();

} // namespace backfill::app
