#include "backfill/core/json_text.hpp"

#include "backfill/core/utf8.hpp"
#include "core/byte_scan.hpp"

#include <array>
#include <charconv>
#include <cmath>

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

void JsonWriter::value(std::string_view text)
{
    separate();
    append_printable_json(*out_, text);
}

void JsonWriter::value(std::size_t number)
{
    literal(std::to_string(number));
}

void JsonWriter::value(double number)
{
    std::array<char, 32> text{};
    auto const [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
    literal(std::isfinite(number) && error == std::errc{} ? std::string_view{text.data(), end} : "null");
}

void JsonWriter::value(bool yes)
{
    literal(yes ? "true" : "false");
}

} // namespace backfill
