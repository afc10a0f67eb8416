#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace backfill::app {

/// `text` as the content of an element or of a quoted attribute.
std::string html(std::string_view text);

/// Text from outside (ids, servers' words): made printable, cut at `limit` bytes, then html().
std::string foreign_html(std::string_view text, std::size_t limit = 300);

/// The number grouped, as an element that also holds it plain, for programs that read the page.
std::string number_html(std::size_t number);

/// For axes: "950", "1.5k", "20k", "3M".
std::string compact(double number);

/// "24 Nov 2026", "Nov 2026"
std::string date_text(std::chrono::sys_days day);
std::string month_text(std::chrono::sys_days day);

/// "24 Nov 2026, 14:04:01 UTC"
std::string moment_text(std::chrono::system_clock::time_point moment);

/// "24 Nov 2026, 14:04:01 – 14:34:52 UTC", with both dates where they differ.
std::string period_text(std::chrono::system_clock::time_point begin, std::chrono::system_clock::time_point end);

/// Two significant digits: "0.4 ms", "85 ms", "1.3 s".
std::string milliseconds_text(double ms);

/// "99.3 %", "< 0.1 %", with spaces that do not break; 100 and 0 only where they are exact.
std::string share_text(std::size_t part, std::size_t whole);

} // namespace backfill::app
