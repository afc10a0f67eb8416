#include "support/world_text.hpp"

#include <array>

namespace backfill::test {
namespace {

struct Piece {
    std::string_view json;
    std::string_view plain;
};

constexpr auto kWords = std::to_array<std::string_view>({"Hello", "my scooter does not start", "since this morning",
    "Please send a photo of the display", "Thank you!", "order 4711", "the invoice is wrong", "GOLD plan",
    "call me at 5 pm", "battery swap", "deposit of 499", "where is my refund?", "I will check", "done", "OK",
    "one moment please", "could you tell me your vehicle number", "KA01AB1234", "it works again", "never mind"});

// Text may hold HTML entities and markup: it is stored as it is. The first few only differ in how JSON writes them.
constexpr auto kPieces = std::to_array<Piece>({
    {"caf\\u00e9", "café"},
    {"\\ud83d\\ude1f", "😟"},
    {"a\\/b", "a/b"},
    {"\\\"quoted\\\"", "\"quoted\""},
    {"back\\\\slash", "back\\slash"},
    {"tab\\tinside", "tab\tinside"},
    {"line\\nbreak", "line\nbreak"},
    {"carriage\\r\\nreturn", "carriage\r\nreturn"},
    {"bell\\u0007", "bell\u0007"},
    {"two  spaces\\u00a0kept", "two  spaces\u00a0kept"},
    {"⭐️⭐️", "⭐️⭐️"},
    {"👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦"},
    {"गाड़ी ₹499 – “x”", "गाड़ी ₹499 – “x”"},
    {"হাই", "হাই"},
    {"&amp; &lt;b&gt;&nbsp;!", "&amp; &lt;b&gt;&nbsp;!"},
    {"<div>markup<br/></div>", "<div>markup<br/></div>"},
    {"{\\\"intent\\\":[1]}", "{\"intent\":[1]}"},
    {"it's; DROP TABLE \\\"Message\\\"; --", "it's; DROP TABLE \"Message\"; --"},
    {"\\\\N", "\\N"},
    {"null", "null"},
});

// NUL is dropped; what cannot be UTF-8 becomes U+FFFD, one for each lone surrogate or stray byte.
constexpr auto kInvalidPieces = std::to_array<Piece>({
    {"nul\\u0000less", "nulless"},
    {"high \\ud83d lone", "high \uFFFD lone"},
    {"low \\udc00 lone", "low \uFFFD lone"},
    {"turned \\ude1f\\ud83d round", "turned \uFFFD\uFFFD round"},
    {"byte \xff stray", "byte \uFFFD stray"},
    {"cut \xc3( short", "cut \uFFFD( short"},
});

// What the Unicode White_Space property and JavaScript's trim() agree on, and the BOM.
constexpr auto kBlanks = std::to_array<std::string_view>({" ", "  ", "\\n", "\\t", "\\r\\n", "\\u000b\\f", "\\u00a0",
    "\u00a0", "\\u1680", "\\u2003", "\\u2028", "\u3000", "\\ufeff", "\ufeff "});

constexpr auto kTextlessParts = std::to_array<std::string_view>({
    R"({"image":{"url":"https://example.com/i.png"}})",
    R"({"file":{"name":"bill.pdf","url":"https://example.com/f","file_size_in_bytes":48213,"content_type":"application/pdf"}})",
    R"({"video":{"url":"https://example.com/v.mp4"}})",
    R"({"audio":{"url":"https://example.com/a.ogg","duration":12.5}})",
    R"({"url_button":{"url":"https://example.com/?a=1&b=2","label":"Open","target":"_blank"}})",
    R"({"quick_reply_button":{"custom_reply_text":"Battery","label":"🔋 Battery","payload":"{\"intent\":\"battery\"}"}})",
    R"({"collection":{"sub_parts":[{"text":{"content":"not a part of its own"}},{"content":"nor this"}]}})",
    R"({"template_content":{"type":"carousel","sections":[{"name":"title","parts":[{"text":{"content":"card"}}]}]}})",
    R"({"callback":{"label":"👍 helpful","payload":"{\"vote\":\"1\"}"}})",
    R"({"reference":{"label":"Article: How to swap a battery","reference_id":"e913b97a"}})",
    R"({"email":{"subject":"Re: [#1337]","content":"<div>mail</div>"}})",
    R"({"attachment_input":{"label":"Upload your ID","required":true}})",
    R"({"text_input":{"label":"Your vehicle number"}})",
    R"({"text":{"content":""}})",
    R"({"text":{"content":" \n\u00a0"}})",
    R"({"text":{"content":null}})",
    R"({"text":{"content":0}})",
    R"({"text":{}})",
    R"({"text":null})",
    R"({})",
    R"("")",
});

constexpr auto kWholesTextless = std::to_array<std::string_view>({"", "null", "[]", "{}"});

template <typename List>
auto const& pick(Dice& dice, List const& list)
{
    return list[dice.below(list.size())];
}

// A part that has text, in one of the shapes in which the first non-empty string is not where it should be.
std::string odd_part(Dice& dice, std::string const& text)
{
    switch (dice.below(6)) {
    case 0:
        return R"({"text":")" + text + R"("})";
    case 1:
        return R"({"content":")" + text + R"("})";
    case 2:
        return "\"" + text + "\"";
    case 3:
        return R"({"text":{"content":""},"content":")" + text + R"("})";
    case 4:
        return R"({"content":{"text":"no string"},"text":")" + text + R"("})";
    default:
        return R"({"content":"second choice","text":{"language":"en","content":")" + text + R"("}})";
    }
}

std::string blank(Dice& dice)
{
    return dice.one_in(8) ? std::string{pick(dice, kBlanks)} : std::string{};
}

std::string text_part(Dice& dice, std::string const& text)
{
    auto padded = blank(dice) + text;
    padded += blank(dice);
    return dice.one_in(10) ? odd_part(dice, padded) : R"({"text":{"content":")" + padded + R"("}})";
}

void append_part(std::string& list, std::string_view part)
{
    list += list.empty() ? "" : ",";
    list += part;
}

constexpr auto kAwkward =
    std::to_array<std::string_view>({"a,b", "say \"hi\"", "back\\slash", "(parens)", "two words", "a+b", "100%",
        "a%2Fb", "x/y", "gespräch-हि-😀", "q?a=1&b=2#c", "it's", "co:lon;*.{}[]<>|^`~@$!=", "\\\"both\\\"\\\\"});
static_assert(kAwkward.size() == kAwkwardIdKinds);

} // namespace

Dice::Dice(std::uint64_t seed, std::uint64_t index, std::uint64_t purpose) : state_{seed}
{
    state_ = next() ^ (index * 0xd1342543de82ef95ULL);
    state_ = next() ^ (purpose * 0xaf251af3b0f025b5ULL);
}

std::uint64_t Dice::next()
{
    state_ += 0x9e3779b97f4a7c15ULL;
    auto mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebULL;
    return mixed ^ (mixed >> 31U);
}

Text make_text(Dice& dice, TextKind kind)
{
    // Now and then one of some kilobytes.
    auto const pieces = dice.one_in(60) ? 100 + dice.below(100) : 1 + dice.below(4);
    Text text;
    for (std::size_t i = 0; i < pieces; ++i) {
        if (i != 0) {
            text.json += ' ';
            text.plain += ' ';
        }
        Piece piece;
        if (kind == TextKind::with_invalid && dice.one_in(6)) {
            piece = pick(dice, kInvalidPieces);
        } else if (dice.one_in(4)) {
            piece = pick(dice, kPieces);
        } else {
            piece.json = pick(dice, kWords);
            piece.plain = piece.json;
        }
        text.json += piece.json;
        text.plain += piece.plain;
    }
    return text;
}

Parts make_parts(Dice& dice, TextKind kind)
{
    if (dice.one_in(50)) {
        return {std::string{pick(dice, kWholesTextless)}, {}};
    }
    if (dice.one_in(50)) { // a lone object or string counts as one part
        auto text = make_text(dice, kind);
        return {text_part(dice, text.json), text.plain};
    }
    auto const ordinary = !dice.one_in(4);
    auto const count = ordinary ? std::size_t{1} : 1 + dice.below(4);
    Parts parts;
    for (std::size_t i = 0; i < count; ++i) {
        if (!ordinary && dice.one_in(2)) {
            append_part(parts.json, pick(dice, kTextlessParts));
            continue;
        }
        auto const text = make_text(dice, kind);
        append_part(parts.json, text_part(dice, text.json));
        parts.cleaned += (parts.cleaned.empty() ? "" : " ") + text.plain;
    }
    parts.json = "[" + parts.json + "]";
    return parts;
}

std::string make_hex(Dice& dice)
{
    std::string hex(32, '0');
    for (auto digit = hex.begin(); digit != hex.end();) {
        auto bits = dice.next();
        for (auto const half = digit + 16; digit != half; ++digit, bits >>= 4U) {
            *digit = "0123456789abcdef"[bits & 15U];
        }
    }
    return hex;
}

std::string make_uuid(Dice& dice)
{
    auto uuid = make_hex(dice);
    uuid[12] = '5';
    uuid[16] = "89ab"[dice.below(4)];
    for (auto const hyphen : {20U, 16U, 12U, 8U}) {
        uuid.insert(hyphen, 1, '-');
    }
    return uuid;
}

std::string make_seen_id(Dice& dice, std::size_t kind, std::uint64_t serial)
{
    switch (kind) {
    case 0:
        return make_uuid(dice);
    case 1:
        return make_hex(dice);
    case 2: {
        auto const first = make_uuid(dice);
        auto const second = make_uuid(dice);
        return first + "_" + second + "_feedback";
    }
    default:
        return std::to_string(1'024'900'000'000'000'000ULL + serial); // beyond 2^53: no double can hold it
    }
}

std::string make_awkward_id(Dice& dice, std::size_t kind)
{
    return std::string{kAwkward[kind]} + "-" + make_hex(dice).substr(0, 20);
}

std::string json_escaped(std::string_view text)
{
    std::string escaped;
    for (auto const byte : text) {
        if (byte == '"' || byte == '\\') {
            escaped += '\\';
        }
        escaped += byte;
    }
    return escaped;
}

} // namespace backfill::test
