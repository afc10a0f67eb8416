#pragma once

#include "backfill/core/clock.hpp"

#include <cstddef>
#include <string>

namespace backfill::app {

/// To the nearest whole number.
std::size_t rounded(double number);

/// "960 293", with narrow spaces that do not break.
std::string grouped(std::size_t number);

/// "1 request", "960 293 requests"
std::string counted(std::size_t number, std::string const& one);
std::string counted(std::size_t number, std::string const& one, std::string const& many);

/// The same for lines that programs read, without spaces in the number.
std::string plain_counted(std::size_t number, std::string const& one);

/// In the unit that fits: "40 s", "16 min", "2 h 30 min", "3 days".
std::string duration_text(Clock::Duration duration);

/// "8-9 min", "50 s - 2 min", or one of the two when they read the same.
std::string range_text(Clock::Duration low, Clock::Duration high);

/// As the summary has it: "1850.45".
std::string seconds_text(Clock::Duration duration);

/// For machines; `decimals` as far as they mean something.
double rounded_seconds(Clock::Duration duration, int decimals);

} // namespace backfill::app
