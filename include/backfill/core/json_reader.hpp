#pragma once

#include "backfill/core/json_value.hpp"

#include <optional>
#include <string_view>

namespace backfill {

/// Reads one document. Returns nothing when it is no JSON (RFC 8259), or has more than 128 levels or a million values
/// (40 MB). The document's texts are valid UTF-8 without NUL.
///
/// Mends what would make another parser refuse a whole page of messages: a byte order mark, invalid UTF-8 and lone
/// surrogate escapes (→ U+FFFD), NUL (dropped: PostgreSQL stores none), bare control characters in strings. Numbers
/// beyond the range of double become strings with the same digits: no column takes them.
std::optional<JsonDocument> read_json(std::string_view text);

} // namespace backfill
