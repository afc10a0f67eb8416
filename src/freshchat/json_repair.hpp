#pragma once

#include <string>
#include <string_view>

namespace backfill::freshchat {

/// Mends what would make a JSON parser refuse the whole page because of one message: a byte order mark, invalid UTF-8
/// and lone surrogate escapes (→ U+FFFD), NUL (dropped: PostgreSQL stores none), bare control characters in strings,
/// and numbers beyond 64 bits or the range of double (→ strings with the same digits). Other errors are left to the
/// parser.
std::string repair_json(std::string_view body);

} // namespace backfill::freshchat
