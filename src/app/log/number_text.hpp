#pragma once

#include <cstddef>
#include <string>

namespace backfill::app {

/// To the nearest whole number.
std::size_t rounded(double number);

/// "960 293", with narrow spaces that do not break.
std::string grouped(std::size_t number);

/// "1 request", "960 293 requests"
std::string counted(std::size_t number, char const* one, char const* many);

} // namespace backfill::app
