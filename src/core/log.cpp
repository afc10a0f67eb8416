#include "backfill/core/log.hpp"

#include "backfill/core/json_text.hpp"
#include "backfill/core/utf8.hpp"

#include <array>
#include <cstdio>

namespace backfill {
namespace {

/// Characters that change how a terminal or a reader sees the text around them.
bool is_deceptive(char32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x200B || c == 0x200E || c == 0x200F || c == 0x2028
        || c == 0x2029 || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

void append_number(std::string& out, char const* format, unsigned number)
{
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), format, number);
    out += text.data();
}

void append_escaped(std::string& out, std::string_view bytes, char32_t c)
{
    if (c < 0x80 || bytes.size() == 1) {
        append_number(out, "\\x%02X", static_cast<unsigned char>(bytes[0]));
    } else {
        append_number(out, "\\u{%04X}", static_cast<unsigned>(c));
    }
}

} // namespace

std::string printable(std::string_view text, std::size_t limit)
{
    std::string out;
    std::size_t at = 0;
    while (at < text.size()) {
        auto const next = decode_utf8(text.substr(at));
        auto const bytes = text.substr(at, next.length);
        if (out.size() + bytes.size() > limit) {
            return out + "…";
        }
        if (!next.valid || is_deceptive(next.character)) {
            append_escaped(out, next.valid ? bytes : bytes.substr(0, 1), next.character);
            at += next.valid ? next.length : 1;
            continue;
        }
        out += bytes;
        at += next.length;
    }
    return out;
}

void append_printable_json(std::string& out, std::string_view text)
{
    out += '"';
    while (!text.empty()) {
        auto const next = decode_utf8(text);
        if (next.character == '"' || next.character == '\\') {
            out += '\\';
            out += static_cast<char>(next.character);
        } else if (is_deceptive(next.character)) { // none lies beyond the four digits
            append_number(out, "\\u%04x", static_cast<unsigned>(next.character));
        } else {
            append_utf8(out, next.character);
        }
        text.remove_prefix(next.length);
    }
    out += '"';
}

} // namespace backfill
