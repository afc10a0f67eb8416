#include "fuzz/fuzz.hpp"

#include "backfill/core/printable.hpp"

// Decoding ends, encodes back to the bytes that it read, and mends to the same whichever way it is done. Trimming takes
// blanks away and nothing else.

namespace {

using namespace backfill;

std::string mended(std::string_view text)
{
    std::string out;
    while (!text.empty()) {
        auto const next = decode_utf8(text);
        fuzz::require(next.length >= 1 && next.length <= 4 && next.length <= text.size(), "1 to 4 bytes of the text");
        if (next.valid) {
            std::string encoded;
            append_utf8(encoded, next.character);
            fuzz::require(encoded == text.substr(0, next.length), "a valid character encodes to its bytes");
            fuzz::require(next.character <= 0x10FFFF && (next.character < 0xD800 || next.character > 0xDFFF),
                "a valid character is a scalar value");
        } else {
            fuzz::require(next.character == 0xFFFD && next.length <= 3, "a broken sequence is replaced");
        }
        append_utf8(out, next.character);
        text.remove_prefix(next.length);
    }
    return out;
}

void check_trim(std::string_view text)
{
    auto const trimmed = trim(text);
    fuzz::require(trimmed.empty()
            || (trimmed.data() >= text.data() && trimmed.data() + trimmed.size() <= text.data() + text.size()),
        "trim looks into the text");
    fuzz::require(trim(trimmed) == trimmed, "trimming twice is trimming once");
    if (is_utf8(text)) {
        fuzz::require(is_utf8(trimmed), "trim cuts no character");
        for (std::string const blank : {" ", "\r\n", "\xC2\xA0", "\xE3\x80\x80", "\xEF\xBB\xBF"}) {
            fuzz::require(trim(blank + std::string{text} + blank) == trimmed, "blanks around a text change nothing");
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    auto const input = fuzz::view(data, size);
    auto const text = mended(input);
    fuzz::require(is_utf8(text), "mended text is UTF-8");
    fuzz::require(mended(text) == text, "mended text needs no mending");
    fuzz::require(!is_utf8(input) || text == input, "valid text stays as it is");
    check_trim(input);
    check_trim(text);
    for (std::size_t const limit : {0U, 1U, 20U, 300U}) {
        auto const shown = printable(input, limit);
        fuzz::require(fuzz::is_storable(shown) && shown.find('\n') == std::string::npos
                && shown.find('\x1B') == std::string::npos,
            "what is printed is one line of UTF-8 without escape sequences");
        fuzz::require(shown.size() <= limit + 16, "what is printed is cut");
    }
    // The JSON reader mends by the same rule, but for NUL.
    std::string quoted{'"'};
    std::string expected;
    for (char const c : input) {
        if (c != '"' && c != '\\') {
            quoted += c;
        }
    }
    for (char const c : mended(std::string_view{quoted}.substr(1))) {
        expected += c == '\0' ? std::string{} : std::string{c};
    }
    std::string written;
    append_json_string(written, expected);
    auto const read = fuzz::reread(quoted + '"');
    fuzz::require(read == written, "the JSON reader mends broken UTF-8 alike");
    return 0;
}
