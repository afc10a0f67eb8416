#include "freshchat/json_repair.hpp"

#include "backfill/core/json_text.hpp"
#include "backfill/core/utf8.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <utility>

namespace backfill::freshchat {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr std::size_t kEscapeLength = 6; // \uXXXX

/// The value of the \uXXXX that `text` begins with; nothing above 0xFFFF is ever returned but for "none".
constexpr char32_t kNoEscape = 0x110000;

char32_t unicode_escape(std::string_view text)
{
    unsigned value = 0;
    if (text.size() < kEscapeLength || text[0] != '\\' || text[1] != 'u') {
        return kNoEscape;
    }
    auto const* const end = text.data() + kEscapeLength;
    return std::from_chars(text.data() + 2, end, value, 16).ptr == end ? static_cast<char32_t>(value) : kNoEscape;
}

bool is_plain(char c)
{
    auto const byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

class Repair {
public:
    explicit Repair(std::string_view body) : rest_{body} { out_.reserve(body.size() + body.size() / 16); }

    std::string run()
    {
        while (!rest_.empty()) {
            char const c = rest_.front();
            if (c == '"') {
                string();
            } else if (c == '-' || (c >= '0' && c <= '9')) {
                number();
            } else {
                keep(c == '\0' ? 0 : 1, 1);
            }
        }
        return std::move(out_);
    }

private:
    /// Copies the first `copied` bytes and goes on after `consumed`.
    void keep(std::size_t copied, std::size_t consumed)
    {
        out_ += rest_.substr(0, copied);
        rest_.remove_prefix(consumed);
    }

    void string()
    {
        keep(1, 1);
        while (!rest_.empty()) {
            auto const* const plain_end = std::find_if_not(rest_.begin(), rest_.end(), is_plain);
            auto const plain = static_cast<std::size_t>(plain_end - rest_.begin());
            keep(plain, plain);
            if (rest_.empty()) {
                return;
            }
            auto const byte = static_cast<unsigned char>(rest_.front());
            if (byte == '"') {
                keep(1, 1);
                return;
            }
            if (byte == '\\') {
                escape();
            } else if (byte < 0x20) {
                control(byte);
            } else {
                multibyte();
            }
        }
    }

    void escape()
    {
        auto const value = unicode_escape(rest_);
        if (value == kNoEscape) {
            keep(2, std::min<std::size_t>(2, rest_.size()));
        } else if (value == 0) {
            keep(0, kEscapeLength);
        } else if (value < 0xD800 || value > 0xDFFF) {
            keep(kEscapeLength, kEscapeLength);
        } else {
            auto const low = value < 0xDC00 ? unicode_escape(rest_.substr(kEscapeLength)) : kNoEscape;
            if (low >= 0xDC00 && low <= 0xDFFF) {
                keep(2 * kEscapeLength, 2 * kEscapeLength);
            } else {
                append_utf8(out_, kReplacement);
                keep(0, kEscapeLength);
            }
        }
    }

    void control(unsigned char byte)
    {
        if (byte != 0) {
            append_json_control(out_, byte);
        }
        keep(0, 1);
    }

    void multibyte()
    {
        auto const next = decode_utf8(rest_);
        if (!next.valid) {
            append_utf8(out_, kReplacement);
        }
        keep(next.valid ? next.length : 0, next.length);
    }

    void number()
    {
        auto const token = rest_.substr(0, rest_.find_first_not_of("+-.0123456789eE"));
        bool const quote = !fits(token);
        out_ += quote ? "\"" : "";
        keep(token.size(), token.size());
        out_ += quote ? "\"" : "";
    }

    /// Whether a parser of 64-bit integers and doubles keeps the value. An integer of 19 digits may fit, yet as a
    /// string it is as good: PostgREST casts it.
    static bool fits(std::string_view token)
    {
        if (token.find_first_of(".eE") == std::string_view::npos) {
            return token.size() <= 18;
        }
        double value = 0;
        auto const [end, error] = std::from_chars(token.data(), token.data() + token.size(), value);
        return error != std::errc::result_out_of_range && std::isfinite(value);
    }

    std::string_view rest_;
    std::string out_;
};

} // namespace

std::string repair_json(std::string_view body)
{
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (body.starts_with(kByteOrderMark)) {
        body.remove_prefix(kByteOrderMark.size());
    }
    return Repair{body}.run();
}

} // namespace backfill::freshchat
