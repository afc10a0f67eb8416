#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace backfill {

struct DecodedCharacter {
    char32_t character; ///< U+FFFD when not valid
    std::size_t length; ///< bytes used, at least 1; of a broken sequence, its longest valid prefix
    bool valid;
};

/// The first character of non-empty `text`. Overlong forms, surrogates and values above U+10FFFF are not valid.
DecodedCharacter decode_utf8(std::string_view text);

bool is_utf8(std::string_view text);

void append_utf8(std::string& out, char32_t character);

/// `text` without Unicode white space and byte order marks at both ends, as ECMAScript's trim().
std::string_view trim(std::string_view text);

} // namespace backfill
