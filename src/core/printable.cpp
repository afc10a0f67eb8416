#include "backfill/core/printable.hpp"

#include "backfill/core/secret.hpp"
#include "backfill/core/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <utility>

namespace backfill {
namespace {

/// Characters that change how a terminal or a reader sees the text around them.
bool is_deceptive(char32_t c)
{
    constexpr std::array<std::pair<char32_t, char32_t>, 11> kFormat{
        {{0x00, 0x1F}, {0x7F, 0x9F}, {0xAD, 0xAD}, {0x61C, 0x61C}, {0x180E, 0x180E}, {0x200B, 0x200F}, {0x2028, 0x202E},
            {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF}}};
    return std::ranges::any_of(kFormat, [c](auto const& range) { return c >= range.first && c <= range.second; });
}

void append_escaped(std::string& out, std::string_view bytes, char32_t c)
{
    if (c < 0x80 || bytes.size() == 1) {
        fmt::format_to(std::back_inserter(out), "\\x{:02X}", static_cast<unsigned char>(bytes[0]));
    } else {
        fmt::format_to(std::back_inserter(out), "\\u{{{:04X}}}", static_cast<unsigned>(c));
    }
}

void append_json_escape(std::string& out, char32_t c)
{
    auto const append = [&out](std::uint32_t unit) { fmt::format_to(std::back_inserter(out), "\\u{:04x}", unit); };
    if (c > 0xFFFF) { // two UTF-16 units
        append(0xD800U + ((c - 0x10000) >> 10U));
        c = 0xDC00U + ((c - 0x10000) & 0x3FFU);
    }
    append(c);
}

} // namespace

std::string printable(std::string_view text, std::size_t limit)
{
    auto const masked = with_secrets_masked(text); // before the cut, which could split one
    text = masked ? std::string_view{*masked} : text;
    std::string out;
    while (!text.empty()) {
        auto const next = decode_utf8(text);
        auto const bytes = text.substr(0, next.valid ? next.length : 1);
        if (out.size() + bytes.size() > limit) {
            return out + "…";
        }
        if (!next.valid || is_deceptive(next.character)) {
            append_escaped(out, bytes, next.character);
        } else {
            out += bytes;
        }
        text.remove_prefix(bytes.size());
    }
    return out;
}

void append_printable_json(std::string& out, std::string_view text)
{
    auto const masked = with_secrets_masked(text);
    text = masked ? std::string_view{*masked} : text;
    out += '"';
    while (!text.empty()) {
        auto const next = decode_utf8(text);
        if (next.character == '"' || next.character == '\\') {
            out += '\\';
            out += static_cast<char>(next.character);
        } else if (is_deceptive(next.character)) {
            append_json_escape(out, next.character);
        } else {
            append_utf8(out, next.character);
        }
        text.remove_prefix(next.length);
    }
    out += '"';
}

} // namespace backfill
