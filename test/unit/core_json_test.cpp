#include "backfill/core/json_reader.hpp"
#include "backfill/core/json_text.hpp"

#include <Poco/Exception.h>
#include <Poco/JSON/Parser.h>

#include <catch2/catch.hpp>

#include <optional>
#include <random>

using namespace backfill;
using namespace std::string_literals;

namespace {

/// The document as it was read; nothing when it is no JSON.
std::optional<std::string> reread(std::string const& text)
{
    auto const document = read_json(text);
    return document ? std::optional{document->root().json()} : std::nullopt;
}

std::optional<std::string> as_poco_reads(std::string const& text)
{
    try {
        return Poco::JSON::Parser{}.parse(text).convert<std::string>();
    } catch (Poco::Exception const&) {
        return std::nullopt;
    }
}

std::string random_json(std::mt19937& random, int levels)
{
    static std::vector<std::string> const scalars{"null", "true", "false", "0", "-17", "3.25", "1e3", "\"\"",
        "\"text\"", R"("a\"b\\c\/\n\u00e9\ud83d\ude00")", "\"é😀\""};
    auto const kind = random() % (levels > 0 ? 4 : 2);
    if (kind < 2) {
        return scalars[random() % scalars.size()];
    }
    std::string text;
    for (auto count = random() % 4; count > 0; --count) {
        text += text.empty() ? "" : " ,\n";
        text += kind == 2 ? "" : "\"k" + std::to_string(count) + "\" : ";
        text += random_json(random, levels - 1);
    }
    return kind == 2 ? "[ " + text + "]" : "{" + text + " }";
}

} // namespace

TEST_CASE("what is read and written again means the same to another parser")
{
    std::mt19937 random{20240701};
    for (int i = 0; i < 2000; ++i) {
        auto const text = "[" + random_json(random, 5) + "]";
        auto const copy = reread(text);
        CAPTURE(text);
        REQUIRE(copy);
        REQUIRE(as_poco_reads(*copy) == as_poco_reads(text));
    }
}

TEST_CASE("a document that breaks off anywhere is no JSON")
{
    auto const whole = R"({"a":[1,-2.5e+7,"x\u00e9\n",true,null,{}],"b":{"c":""}})"s;
    CHECK(reread(whole));
    for (std::size_t length = 0; length < whole.size(); ++length) {
        CAPTURE(length);
        CHECK_FALSE(reread(whole.substr(0, length)));
    }
}

TEST_CASE("what the grammar does not know is no JSON")
{
    auto const text = GENERATE(as<std::string>{}, "", " ", "{} {}", "[1,]", "[,1]", "[1 2]", "{\"a\":1,}", "{\"a\"}",
        "{a:1}", "{\"a\":1 \"b\":2}", "{'a':1}", "[1}", "{\"a\":1]", "]", "}", "01", "-", "+1", "1.", ".5", "1e", "1e+",
        "0x1", "NaN", "Infinity", "nul", "TRUE", "\"\\x\"", "\"\\u12g4\"", "\"open", "[\"a\" : 1]", "{\"a\":}",
        "// x\n1", "<html>");
    CHECK_FALSE(reread(text));
}

TEST_CASE("128 levels are read, and more are refused however many there are")
{
    auto const nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
    CHECK(reread(nested(128)));
    CHECK_FALSE(reread(nested(129)));
    CHECK_FALSE(reread(nested(1'000'000)));
}

TEST_CASE("a million values are read, and more are refused: they would cost more memory than a run may take")
{
    auto const list = [](std::size_t values) {
        std::string text{"["};
        for (std::size_t i = 1; i < values; ++i) {
            text += i == 1 ? "0" : ",0";
        }
        return text + "]";
    };
    CHECK(read_json(list(1'000'000)));
    CHECK_FALSE(read_json(list(1'000'001)));
}

TEST_CASE("members are read by name, the last of several, and what is missing is null")
{
    auto const text = R"({"a":1,"b":[true,{"c":"x"}],"a":{"c":"y"},"d":null})"s;
    auto const document = read_json(text);
    REQUIRE(document);
    auto const& root = document->root();
    CHECK(root["a"]["c"].string() == "y");
    CHECK(root["b"].json() == R"([true,{"c":"x"}])");
    CHECK(root["d"].kind == JsonValue::Kind::null);
    CHECK(root["e"]["c"].json() == "null");
    CHECK(root["b"]["c"].kind == JsonValue::Kind::null);
    CHECK(root.json() == text);
}

TEST_CASE("texts are mended instead of refused")
{
    CHECK(reread("[\"a\\u0000b\0c\"]"s) == "[\"abc\"]");
    CHECK(reread(R"(["x\ud800y","x\udc00\ud83d\ude00","\ud83d\ud83d\ude00","\ud83d\n"])")
        == "[\"x\uFFFDy\",\"x\uFFFD😀\",\"\uFFFD😀\",\"\uFFFD\\u000a\"]");
    CHECK(reread("[\"a\xFF\xC3z\",\"\xE2\x82\"]") == "[\"a\uFFFD\uFFFDz\",\"\uFFFD\"]");
    CHECK(reread("[\"line\nbreak\ttab\x01\"]") == R"(["line\u000abreak\u0009tab\u0001"])");
    CHECK(reread("\xEF\xBB\xBF[\0]"s) == "[]");
    CHECK(reread("{\"\xFF\":1}") == "{\"\uFFFD\":1}");
}

TEST_CASE("numbers keep their digits, and those that nothing holds become strings")
{
    CHECK(reread("[1e400,-1e400,1234567890123456789012345678901234567890,0.10,-0,1E5]")
        == R"(["1e400","-1e400",1234567890123456789012345678901234567890,0.10,-0,1E5])");
}

TEST_CASE("text is scanned in blocks, and each byte counts wherever it stands in one")
{
    for (std::size_t length = 0; length < 40; ++length) {
        for (std::size_t place = 0; place < length; ++place) {
            for (char const mark : {'"', '\\', '\x1F', '\n', '\x80', '\xFF', ' ', '\x7F', '!', '#', '[', ']'}) {
                std::string text(length, 'x');
                text[place] = mark;
                std::string json;
                append_json_string(json, text);
                std::string expected = text;
                if (mark == '"' || mark == '\\') {
                    expected.insert(place, 1, '\\');
                } else if (mark == '\x1F' || mark == '\n') {
                    expected.replace(place, 1, mark == '\n' ? "\\u000a" : "\\u001f");
                }
                REQUIRE(json == "\"" + expected + "\"");
                auto const read = reread(json);
                REQUIRE(read);
                REQUIRE(*read == (mark < 0 ? "\"" + expected.replace(place, 1, "\uFFFD") + "\"" : json));
            }
        }
    }
}
