#pragma once

#include <string>
#include <string_view>

namespace backfill {

/// Appends `text` (valid UTF-8) to `out` as a JSON string with its quotes. NUL is dropped: PostgreSQL refuses it.
void append_json_string(std::string& out, std::string_view text);

/// Appends a control character as \u00XX.
void append_json_control(std::string& out, unsigned char control);

} // namespace backfill
