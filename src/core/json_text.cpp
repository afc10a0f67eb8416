#include "backfill/core/json_text.hpp"

namespace backfill {

void append_json_control(std::string& out, unsigned char control)
{
    constexpr std::string_view kHex = "0123456789abcdef";
    out += "\\u00";
    out += kHex[control >> 4U];
    out += kHex[control & 0xFU];
}

void append_json_string(std::string& out, std::string_view text)
{
    out += '"';
    for (char const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte >= 0x20) {
            out += c;
        } else if (byte != 0) {
            append_json_control(out, byte);
        }
    }
    out += '"';
}

} // namespace backfill
