#pragma once

#include <cstddef>
#include <functional>
#include <memory>
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

/// File descriptors 1 and 2. One that is closed becomes /dev/null's, and so does 0: else the next socket or file would
/// get its number, and our lines with it. Make it before anything is opened.
class StandardStreams {
public:
    StandardStreams();

    /// Writes each line by a single write, so that none is torn or held back. May outlive this object.
    Log log(bool verbose) const;

    /// Why lines are missing on stdout, from any thread; "" = none are, or their reader went away, who does not want
    /// them.
    std::string output_error() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

/// Foreign text (ids, server messages) made safe to print: control characters, bidi overrides and broken UTF-8 are
/// escaped as \xHH or \u{HHHH}; what is longer than `limit` bytes is cut with "…".
std::string printable(std::string_view text, std::size_t limit = 300);

} // namespace backfill
