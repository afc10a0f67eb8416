#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace backfill {

/// Where lines go: `out` is the result (stdout), `note` is everything else (stderr). Both take one whole line without
/// its newline and may be called from any thread. `verbose` guards the costly lines.
struct Log {
    std::function<void(std::string_view)> out;
    std::function<void(std::string_view)> note;
    bool verbose = false;
};

/// A Log that writes each line to file descriptors 1 and 2 by a single write, so that no line is torn or held back.
Log standard_streams(bool verbose);

/// Foreign text (ids, server messages) made safe to print: control characters, bidi overrides and broken UTF-8 are
/// escaped as \xHH or \u{HHHH}; what is longer than `limit` bytes is cut with "…".
std::string printable(std::string_view text, std::size_t limit = 300);

} // namespace backfill
