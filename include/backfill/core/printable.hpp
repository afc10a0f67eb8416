#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace backfill {

/// Foreign text (ids, server messages) made safe to print: secrets are masked as ***; control and format characters
/// (bidi overrides, what has no width) and broken UTF-8 are escaped as \xHH or \u{HHHH}; what is longer than `limit`
/// bytes is cut with "…".
std::string printable(std::string_view text, std::size_t limit = 300);

/// Appends a JSON string for people who may look at it in a terminal, from any bytes: what printable() escapes is
/// written as \uHHHH, broken UTF-8 as U+FFFD, and nothing is cut, so that a reader of the JSON gets the text as it was.
void append_printable_json(std::string& out, std::string_view text);

} // namespace backfill
