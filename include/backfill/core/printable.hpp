#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace backfill {

/// Foreign text (ids, server messages) made safe to print: secrets are masked as ***; control and format characters
/// (bidi overrides, zero-width ones) and broken UTF-8 are escaped as \xHH or \u{HHHH}; text beyond `limit` bytes is cut
/// with "…".
std::string printable(std::string_view text, std::size_t limit = 300);

/// Appends a JSON string that is safe to show in a terminal, from any bytes: secrets are masked, what printable()
/// escapes becomes \uHHHH and broken UTF-8 U+FFFD; nothing is cut.
void append_printable_json(std::string& out, std::string_view text);

} // namespace backfill
