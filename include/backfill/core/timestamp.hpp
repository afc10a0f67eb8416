#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace backfill {

/// A moment as RFC 3339 and as a number. Further digits than microseconds are cut off.
struct Timestamp {
    long long microseconds; ///< since 1970-01-01T00:00:00Z
    std::string text;       ///< UTC, "2025-07-10T19:47:55.442Z", with as many fraction digits as received (at most 6)
};

/// Reads `2025-07-10T19:47:55.442Z`: 0–9 fraction digits; `Z`, `+hh:mm`, `+hhmm`, `+hh` or no offset (= UTC); a space
/// for the T. Returns nothing for anything else, also for days that do not exist.
std::optional<Timestamp> parse_timestamp(std::string_view text);

/// "2025-07-10T19:47:55.442Z": UTC, to the millisecond.
std::string timestamp_text(std::chrono::system_clock::time_point time);

} // namespace backfill
