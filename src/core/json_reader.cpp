#include "backfill/core/json_reader.hpp"

#include "backfill/core/utf8.hpp"

#include "core/byte_scan.hpp"

#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace backfill {
namespace {

constexpr std::size_t kMostLevels = 128;
constexpr std::size_t kMostValues = 1'000'000;
constexpr char32_t kReplacement = 0xFFFD;
constexpr char32_t kNoEscape = 0x110000;
constexpr std::size_t kUnicodeEscape = 6; // \uXXXX

/// The value of the \uXXXX that `text` begins with.
char32_t unicode_escape(std::string_view text)
{
    unsigned value = 0;
    if (text.size() < kUnicodeEscape || text[0] != '\\' || text[1] != 'u') {
        return kNoEscape;
    }
    auto const* const end = text.data() + kUnicodeEscape;
    return std::from_chars(text.data() + 2, end, value, 16).ptr == end ? static_cast<char32_t>(value) : kNoEscape;
}

class Reader {
public:
    explicit Reader(std::string_view text) : next_{text.data()}, end_{next_ + text.size()}
    {
        constexpr std::size_t kUsualBytesPerValue = 32;
        document_.values.reserve(text.size() / kUsualBytesPerValue + 1);
    }

    std::optional<JsonDocument> document()
    {
        if (!value()) {
            return std::nullopt;
        }
        while (!open_.empty()) {
            if (!next_in_container()) {
                return std::nullopt;
            }
        }
        skip_space();
        return next_ == end_ ? std::optional{std::move(document_)} : std::nullopt;
    }

private:
    using Kind = JsonValue::Kind;

    /// After a value inside a container: a comma and the next one, or the end.
    bool next_in_container()
    {
        auto& container = document_.values[open_.back()];
        auto const span = document_.values.size() - open_.back();
        bool const is_object = container.kind == Kind::object;
        skip_space();
        if (take(is_object ? '}' : ']')) {
            container.span = static_cast<std::uint32_t>(span);
            open_.pop_back();
            return true;
        }
        if (span > 1 && !take(',')) {
            return false;
        }
        std::string_view name;
        return (!is_object || key(name)) && value(name);
    }

    bool key(std::string_view& name)
    {
        skip_space();
        if (!take('"') || !string(name)) {
            return false;
        }
        skip_space();
        return take(':');
    }

    bool value(std::string_view name = {})
    {
        skip_space();
        if (next_ == end_ || document_.values.size() == kMostValues) {
            return false;
        }
        auto& value = document_.values.emplace_back();
        value.name = name;
        char const first = *next_;
        switch (first) {
        case '{':
        case '[':
            ++next_;
            value.kind = first == '{' ? Kind::object : Kind::array;
            open_.push_back(document_.values.size() - 1);
            return open_.size() <= kMostLevels;
        case '"':
            ++next_;
            value.kind = Kind::string;
            return string(value.text);
        case 't':
        case 'f':
            value.kind = Kind::boolean;
            value.text = first == 't' ? "true" : "false";
            return take_word(value.text);
        case 'n':
            return take_word("null");
        default:
            return number(value);
        }
    }

    /// Reads what follows the opening quote. Copies only text that needs mending or unescaping.
    bool string(std::string_view& text)
    {
        auto const* const begin = next_;
        for (;;) {
            next_ = skip_plain<false>(next_, end_);
            if (next_ == end_) {
                return false;
            }
            if (*next_ == '"') {
                text = {begin, static_cast<std::size_t>(next_++ - begin)};
                return true;
            }
            auto const other = decode_utf8(rest());
            if (*next_ == '\\' || other.character < 0x20 || !other.valid) {
                copy_.assign(begin, next_);
                return mended_string(text);
            }
            next_ += other.length;
        }
    }

    bool mended_string(std::string_view& text)
    {
        while (true) {
            auto const* const begin = next_;
            next_ = skip_plain<false>(next_, end_);
            copy_.append(begin, next_);
            if (take('"')) {
                text = document_.mended.keep(copy_);
                return true;
            }
            if (next_ == end_) {
                return false;
            }
            if (*next_ != '\\') {
                auto const other = decode_utf8(rest());
                if (other.character != 0) {
                    append_utf8(copy_, other.character); // U+FFFD for what is not valid
                }
                next_ += other.length;
            } else if (!escape()) {
                return false;
            }
        }
    }

    bool escape()
    {
        constexpr std::string_view kLetters = "\"\\/bfnrt";
        constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
        auto const value = unicode_escape(rest());
        if (value == kNoEscape) {
            auto const letter = end_ - next_ > 1 ? kLetters.find(next_[1]) : std::string_view::npos;
            if (letter == std::string_view::npos) {
                return false;
            }
            copy_ += kMeanings[letter];
            next_ += 2;
            return true;
        }
        next_ += kUnicodeEscape;
        if (value < 0xD800 || value > 0xDFFF) {
            if (value != 0) {
                append_utf8(copy_, value);
            }
            return true;
        }
        auto const low = value < 0xDC00 ? unicode_escape(rest()) : kNoEscape;
        bool const pair = low >= 0xDC00 && low <= 0xDFFF;
        append_utf8(copy_, pair ? 0x10000 + ((value - 0xD800) << 10U) + (low - 0xDC00) : kReplacement);
        next_ += pair ? kUnicodeEscape : 0;
        return true;
    }

    bool number(JsonValue& value)
    {
        auto const* const begin = next_;
        take('-');
        bool const leading_zero = take('0');
        bool const has_more = take_digits();
        bool const has_fraction = take('.');
        if (leading_zero == has_more || (has_fraction && !take_digits())) {
            return false;
        }
        bool const has_exponent = take('e') || take('E');
        if (has_exponent) {
            if (!take('+')) {
                take('-');
            }
            if (!take_digits()) {
                return false;
            }
        }
        value.text = {begin, static_cast<std::size_t>(next_ - begin)};
        value.kind = (!has_fraction && !has_exponent) || fits_double(value.text) ? Kind::number : Kind::string;
        return true;
    }

    bool take_digits()
    {
        auto const* const begin = next_;
        while (next_ != end_ && *next_ >= '0' && *next_ <= '9') {
            ++next_;
        }
        return next_ != begin;
    }

    static bool fits_double(std::string_view token)
    {
        double value = 0;
        auto const [end, error] = std::from_chars(token.data(), token.data() + token.size(), value);
        return error != std::errc::result_out_of_range && std::isfinite(value);
    }

    bool take(char c)
    {
        bool const is_there = next_ != end_ && *next_ == c;
        next_ += is_there ? 1 : 0;
        return is_there;
    }

    bool take_word(std::string_view word)
    {
        bool const is_there = rest().starts_with(word);
        next_ += is_there ? word.size() : 0;
        return is_there;
    }

    void skip_space()
    {
        while (next_ != end_ && static_cast<unsigned char>(*next_) <= ' ' // mostly this settles it
            && (*next_ == ' ' || *next_ == '\n' || *next_ == '\r' || *next_ == '\t' || *next_ == '\0')) {
            ++next_;
        }
    }

    std::string_view rest() const { return {next_, static_cast<std::size_t>(end_ - next_)}; }

    char const* next_;
    char const* const end_;
    JsonDocument document_;
    std::vector<std::size_t> open_; ///< containers, by their places in the document
    std::string copy_;
};

} // namespace

std::optional<JsonDocument> read_json(std::string_view text)
{
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (text.starts_with(kByteOrderMark)) {
        text.remove_prefix(kByteOrderMark.size());
    }
    return Reader{text}.document();
}

} // namespace backfill
