#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace backfill {

/// The first byte that needs care inside a JSON string: a quote, a backslash, a control character and, unless
/// `non_ascii_too`, a byte beyond ASCII. Looks at eight at a time: most text that a run reads and writes is plain.
template <bool non_ascii_too>
char const* skip_plain(char const* next, char const* end)
{
    constexpr std::uint64_t kOnes = 0x0101010101010101U;
    constexpr std::uint64_t kHighs = 0x8080808080808080U;
    if constexpr (std::endian::native == std::endian::little) {
        for (; end - next >= 8; next += 8) {
            std::uint64_t bytes = 0;
            std::memcpy(&bytes, next, sizeof bytes);
            // Each subtraction borrows from the high bit of an ASCII byte that is a quote, a backslash or below a
            // blank. A borrow that goes on can only mark bytes above such a one, and on little-endian the lowest one
            // comes first.
            auto marked =
                ((bytes ^ (kOnes * '"')) - kOnes) | ((bytes ^ (kOnes * '\\')) - kOnes) | (bytes - kOnes * ' ');
            marked = (non_ascii_too ? marked & ~bytes : marked | bytes) & kHighs;
            if (marked != 0) {
                return next + std::countr_zero(marked) / 8;
            }
        }
    }
    for (; next != end; ++next) {
        auto const byte = static_cast<unsigned char>(*next);
        if (byte < 0x20 || byte == '"' || byte == '\\' || (!non_ascii_too && byte >= 0x80)) {
            break;
        }
    }
    return next;
}

} // namespace backfill
