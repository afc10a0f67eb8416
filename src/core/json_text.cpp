#include "backfill/core/json_text.hpp"

#include "backfill/core/utf8.hpp"

#include "core/byte_scan.hpp"

namespace backfill {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

void append_escape(std::string& out, char c)
{
    auto const byte = static_cast<unsigned char>(c);
    if (byte >= 0x20) {
        out += '\\';
        out += c;
    } else if (byte != 0) {
        out += "\\u00";
        out += kHex[byte >> 4U];
        out += kHex[byte & 0xFU];
    }
}

} // namespace

void append_json_string(std::string& out, std::string_view text)
{
    out += '"';
    for (auto const* next = text.begin();;) {
        auto const* const plain = next;
        next = skip_plain<true>(next, text.end());
        out.append(plain, next);
        if (next == text.end()) {
            break;
        }
        append_escape(out, *next++);
    }
    out += '"';
}

std::string ascii_json(std::string_view json)
{
    std::string out;
    auto const append_unit = [&out](char32_t unit) {
        out += "\\u";
        for (int shift = 12; shift >= 0; shift -= 4) {
            out += kHex[unit >> static_cast<unsigned>(shift) & 0xFU];
        }
    };
    while (!json.empty()) {
        auto const [character, length, valid] = decode_utf8(json);
        json.remove_prefix(length);
        if (character < 0x7F) {
            out += static_cast<char>(character);
        } else if (character < 0x10000) {
            append_unit(character);
        } else { // as UTF-16 has it: two surrogates
            append_unit(0xD800 + ((character - 0x10000) >> 10U));
            append_unit(0xDC00 + ((character - 0x10000) & 0x3FFU));
        }
    }
    return out;
}

void JsonWriter::separate()
{
    if (needs_comma_) {
        *out_ += ',';
    }
    needs_comma_ = true;
}

void JsonWriter::begin(char bracket)
{
    separate();
    *out_ += bracket;
    needs_comma_ = false;
}

void JsonWriter::end(char bracket)
{
    *out_ += bracket;
    needs_comma_ = true;
}

void JsonWriter::key(std::string_view name)
{
    separate();
    append_json_string(*out_, name);
    *out_ += ':';
    needs_comma_ = false;
}

void JsonWriter::string(std::string_view text)
{
    separate();
    append_json_string(*out_, text);
}

void JsonWriter::literal(std::string_view text)
{
    separate();
    *out_ += text;
}

} // namespace backfill
