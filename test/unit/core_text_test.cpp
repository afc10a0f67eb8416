#include "backfill/core/json_text.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/core/secret.hpp"
#include "backfill/core/utf8.hpp"

#include <catch2/catch.hpp>

#include <sstream>

using namespace backfill;
using namespace std::string_literals;

TEST_CASE("trimming takes what ECMAScript's trim takes, at both ends only")
{
    CHECK(trim(" \t\r\n\v\f a b \n") == "a b");
    CHECK(trim("\u00A0\u1680\u2000\u200A\u2028\u2029\u202F\u205F\u3000\uFEFFx\uFEFF\u3000") == "x");
    CHECK(trim("\u200Bx\u200B") == "\u200Bx\u200B"); // a zero width space is no white space
    CHECK(trim("  \uFEFF ").empty());
    CHECK(trim("").empty());
    CHECK(trim("गाड़ी ") == "गाड़ी");
}

TEST_CASE("decoding refuses what is not UTF-8")
{
    auto const text = GENERATE(as<std::string>{}, "\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xE2\x82", "\xF0\x9F\x98");
    CHECK_FALSE(decode_utf8(text).valid);
}

TEST_CASE("encoding and decoding agree on every kind of character")
{
    auto const character =
        GENERATE(as<char32_t>{}, 0x0, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFD, 0xFFFF, 0x10000, 0x10FFFF);
    std::string text;
    append_utf8(text, character);
    auto const decoded = decode_utf8(text);
    CHECK(decoded.valid);
    CHECK(decoded.character == character);
    CHECK(decoded.length == text.size());
}

TEST_CASE("a JSON string escapes what it must and drops NUL")
{
    std::string out;
    append_json_string(out, "a\"b\\c\n\x01\x1F/é😀\0z"s);
    CHECK(out == "\"a\\\"b\\\\c\\u000a\\u0001\\u001f/é😀z\"");
}

TEST_CASE("foreign text cannot steer a terminal or forge a line")
{
    CHECK(printable("a\nb\r\t\x1B[31m\x7F") == "a\\x0Ab\\x0D\\x09\\x1B[31m\\x7F");
    CHECK(printable("a\u061C\u00AD\u2060\U000E0041b") == "a\\u{061C}\\u{00AD}\\u{2060}\\u{E0041}b");
    CHECK(printable("\u202Eevil\u2066") == "\\u{202E}evil\\u{2066}");
    CHECK(printable("\u0085x\u009B") == "\\u{0085}x\\u{009B}");
    CHECK(printable("\xFF\xC3") == "\\xFF\\xC3");
    CHECK(printable("गाड़ी 😀") == "गाड़ी 😀");
}

TEST_CASE("long foreign text is cut between characters")
{
    CHECK(printable("abcdef", 4) == "abcd…");
    CHECK(printable("abcé", 4) == "abc…");
    CHECK(printable("abcd", 4) == "abcd");
    CHECK(printable(std::string(1000, 'x')).size() == 300 + std::string{"…"}.size());
}

TEST_CASE("a secret that a server sends back is masked, wherever it stands and however long the text is")
{
    Secret const secret{"sb_secret_0123456789"};
    CHECK(printable("key sb_secret_0123456789, again sb_secret_0123456789.") == "key ***, again ***.");
    std::string const filler(290, 'x');
    CHECK(printable(filler + secret.reveal(), 300) == filler + "***");
    std::string json;
    append_printable_json(json, "\"sb_secret_0123456789\"");
    CHECK(json == R"("\"***\"")");
    Secret const too_short{"key"};
    CHECK(printable("key") == "key");
}

TEST_CASE("a secret prints as stars")
{
    std::ostringstream out;
    out << Secret{"hunter2"};
    CHECK(out.str() == "***");
}
