#pragma once

#include <string_view>

namespace backfill::app {

// The files page.html, page.css and page.js, which CMake makes constants of. In page.html, {name} is replaced by what
// page.cpp calls so.
std::string_view page_frame();
std::string_view page_style();
std::string_view page_script();

} // namespace backfill::app
