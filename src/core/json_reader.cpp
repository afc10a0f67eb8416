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
    explicit Reader(std::string_view text) : rest_{text}
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
        return rest_.empty() ? std::optional{std::move(document_)} : std::nullopt;
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
        if (rest_.empty() || document_.values.size() == kMostValues) {
            return false;
        }
        auto& value = document_.values.emplace_back();
        value.name = name;
        char const first = rest_.front();
        switch (first) {
        case '{':
        case '[':
            rest_.remove_prefix(1);
            value.kind = first == '{' ? Kind::object : Kind::array;
            open_.push_back(document_.values.size() - 1);
            return open_.size() <= kMostLevels;
        case '"':
            rest_.remove_prefix(1);
            value.kind = Kind::string;
            return string(value.text);
        case 't':
        case 'f':
            value.kind = Kind::boolean;
            value.text = first == 't' ? "true" : "false";
            return take(value.text);
        case 'n':
            return take("null");
        default:
            return number(value);
        }
    }

    /// Reads what follows the opening quote. Copies only text that needs mending or unescaping.
    bool string(std::string_view& text)
    {
        auto const* const begin = rest_.data();
        auto const* const end = begin + rest_.size();
        for (auto const* next = begin;;) {
            next = skip_plain<false>(next, end);
            if (next == end) {
                return false;
            }
            auto const length = static_cast<std::size_t>(next - begin);
            if (*next == '"') {
                text = rest_.substr(0, length);
                rest_.remove_prefix(length + 1);
                return true;
            }
            auto const other = decode_utf8({next, static_cast<std::size_t>(end - next)});
            if (*next == '\\' || other.character < 0x20 || !other.valid) {
                copy_.assign(begin, length);
                rest_.remove_prefix(length);
                return mended_string(text);
            }
            next += other.length;
        }
    }

    bool mended_string(std::string_view& text)
    {
        while (true) {
            auto const* const begin = rest_.data();
            auto const plain = static_cast<std::size_t>(skip_plain<false>(begin, begin + rest_.size()) - begin);
            copy_ += rest_.substr(0, plain);
            rest_.remove_prefix(plain);
            if (take('"')) {
                text = document_.mended.keep(copy_);
                return true;
            }
            if (rest_.empty()) {
                return false;
            }
            if (rest_.front() != '\\') {
                auto const next = decode_utf8(rest_);
                if (next.character != 0) {
                    append_utf8(copy_, next.character); // U+FFFD for what is not valid
                }
                rest_.remove_prefix(next.length);
            } else if (!escape()) {
                return false;
            }
        }
    }

    bool escape()
    {
        constexpr std::string_view kLetters = "\"\\/bfnrt";
        constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
        auto const value = unicode_escape(rest_);
        if (value == kNoEscape) {
            auto const letter = rest_.size() > 1 ? kLetters.find(rest_[1]) : std::string_view::npos;
            if (letter == std::string_view::npos) {
                return false;
            }
            copy_ += kMeanings[letter];
            rest_.remove_prefix(2);
            return true;
        }
        rest_.remove_prefix(kUnicodeEscape);
        if (value < 0xD800 || value > 0xDFFF) {
            if (value != 0) {
                append_utf8(copy_, value);
            }
            return true;
        }
        auto const low = value < 0xDC00 ? unicode_escape(rest_) : kNoEscape;
        bool const pair = low >= 0xDC00 && low <= 0xDFFF;
        append_utf8(copy_, pair ? 0x10000 + ((value - 0xD800) << 10U) + (low - 0xDC00) : kReplacement);
        rest_.remove_prefix(pair ? kUnicodeEscape : 0);
        return true;
    }

    bool number(JsonValue& value)
    {
        std::size_t length = 0;
        auto const skip = [&](std::string_view any_of) {
            bool const is_there = length < rest_.size() && any_of.find(rest_[length]) != std::string_view::npos;
            length += is_there ? 1 : 0;
            return is_there;
        };
        auto const skip_digits = [&] {
            auto const begin = length;
            while (length < rest_.size() && rest_[length] >= '0' && rest_[length] <= '9') {
                ++length;
            }
            return length > begin;
        };
        skip("-");
        bool const leading_zero = skip("0");
        bool const has_more = skip_digits();
        bool const has_fraction = skip(".");
        if (leading_zero == has_more || (has_fraction && !skip_digits())) {
            return false;
        }
        bool const has_exponent = skip("eE");
        if (has_exponent) {
            skip("+-");
            if (!skip_digits()) {
                return false;
            }
        }
        value.text = rest_.substr(0, length);
        value.kind = (!has_fraction && !has_exponent) || fits_double(value.text) ? Kind::number : Kind::string;
        rest_.remove_prefix(length);
        return true;
    }

    static bool fits_double(std::string_view token)
    {
        double value = 0;
        auto const [end, error] = std::from_chars(token.data(), token.data() + token.size(), value);
        return error != std::errc::result_out_of_range && std::isfinite(value);
    }

    bool take(char c)
    {
        bool const is_there = !rest_.empty() && rest_.front() == c;
        rest_.remove_prefix(is_there ? 1 : 0);
        return is_there;
    }

    bool take(std::string_view word)
    {
        bool const is_there = rest_.starts_with(word);
        rest_.remove_prefix(is_there ? word.size() : 0);
        return is_there;
    }

    void skip_space()
    {
        while (!rest_.empty()
            && (rest_.front() == ' ' || rest_.front() == '\n' || rest_.front() == '\r' || rest_.front() == '\t'
                || rest_.front() == '\0')) {
            rest_.remove_prefix(1);
        }
    }

    std::string_view rest_;
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
