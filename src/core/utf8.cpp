#include "backfill/core/utf8.hpp"

namespace backfill {
namespace {

constexpr char32_t kReplacementCharacter = 0xFFFD;

bool is_white_space(char32_t c)
{
    return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A)
        || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000 || c == 0xFEFF;
}

bool is_continuation(char byte)
{
    return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

} // namespace

DecodedCharacter decode_utf8(std::string_view text)
{
    auto const lead = static_cast<unsigned char>(text[0]);
    if (lead < 0x80) {
        return {lead, 1, true};
    }
    if (lead < 0xC2 || lead > 0xF4) {
        return {kReplacementCharacter, 1, false};
    }
    std::size_t const length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t character = lead & (0xFFU >> (length + 1));
    // The second byte's range excludes overlong forms, surrogates and values above U+10FFFF (Unicode, table 3-7).
    auto low = lead == 0xE0 ? 0xA0U : lead == 0xF0 ? 0x90U : 0x80U;
    auto high = lead == 0xED ? 0x9FU : lead == 0xF4 ? 0x8FU : 0xBFU;
    for (std::size_t i = 1; i < length; ++i) {
        auto const byte = i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
        if (byte < low || byte > high) {
            return {kReplacementCharacter, i, false};
        }
        character = (character << 6U) | (byte & 0x3FU);
        low = 0x80;
        high = 0xBF;
    }
    return {character, length, true};
}

bool is_utf8(std::string_view text)
{
    while (!text.empty()) {
        auto const next = decode_utf8(text);
        if (!next.valid) {
            return false;
        }
        text.remove_prefix(next.length);
    }
    return true;
}

void append_utf8(std::string& out, char32_t c)
{
    auto const tail = [&out, c](unsigned shift) { out += static_cast<char>(0x80U | ((c >> shift) & 0x3FU)); };
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += static_cast<char>(0xC0U | (c >> 6U));
        tail(0);
    } else if (c < 0x10000) {
        out += static_cast<char>(0xE0U | (c >> 12U));
        tail(6);
        tail(0);
    } else {
        out += static_cast<char>(0xF0U | (c >> 18U));
        tail(12);
        tail(6);
        tail(0);
    }
}

std::string_view trim(std::string_view text)
{
    while (!text.empty()) {
        auto const first = decode_utf8(text);
        if (!is_white_space(first.character)) {
            break;
        }
        text.remove_prefix(first.length);
    }
    while (!text.empty()) {
        auto start = text.size() - 1;
        while (start > 0 && is_continuation(text[start])) {
            --start;
        }
        if (!is_white_space(decode_utf8(text.substr(start)).character)) {
            break;
        }
        text.remove_suffix(text.size() - start);
    }
    return text;
}

} // namespace backfill
