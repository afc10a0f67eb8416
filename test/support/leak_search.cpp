#include "support/leak_search.hpp"

#include "backfill/core/utf8.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <set>
#include <utility>

namespace backfill::test {
namespace {

std::uint64_t beginning(char const* text)
{
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, text, sizeof bytes);
    return bytes;
}

/// The number that `text` begins with, of `least` to `most` digits; taken away from it.
std::optional<std::uint32_t> take_number(std::string_view& text, int base, std::size_t least, std::size_t most)
{
    std::uint32_t number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + std::min(most, text.size()), number, base);
    auto const length = static_cast<std::size_t>(end - text.data());
    if (error != std::errc{} || length < least) {
        return std::nullopt;
    }
    text.remove_prefix(length);
    return number;
}

/// After `\u`: `{1F600}`, `00e4`, or the two halves of a pair.
std::optional<std::uint32_t> take_character(std::string_view& text)
{
    if (text.starts_with('{')) {
        text.remove_prefix(1);
        auto const number = take_number(text, 16, 1, 6);
        text.remove_prefix(number && text.starts_with('}') ? 1 : 0);
        return number;
    }
    auto const first = take_number(text, 16, 4, 4);
    if (first && *first >= 0xD800 && *first < 0xDC00 && text.starts_with("\\u")) {
        text.remove_prefix(2);
        auto const second = take_number(text, 16, 4, 4).value_or(0xDC00);
        return 0x10000 + ((*first - 0xD800) << 10) + ((second - 0xDC00) & 0x3FF);
    }
    return first;
}

/// `text` stands behind a backslash.
void append_escaped(std::string& out, std::string_view& text)
{
    constexpr std::string_view kNames = "ntrbfv\"\\/";
    constexpr std::string_view kMeanings = "\n\t\r\b\f\v\"\\/";
    auto const name = text.empty() ? std::string_view::npos : kNames.find(text.front());
    if (name != std::string_view::npos) {
        out += kMeanings[name];
        text.remove_prefix(1);
        return;
    }
    bool const is_hex = text.starts_with('x');
    bool const is_character = text.starts_with('u');
    auto rest = text.substr(is_hex || is_character ? 1 : 0);
    auto const number = is_character ? take_character(rest)
        : is_hex                     ? take_number(rest, 16, 2, 2)
                                     : take_number(rest, 8, 1, 3);
    if (!number) {
        out += '\\';
        return;
    }
    text = rest;
    if (is_character) {
        append_utf8(out, *number);
    } else {
        out += static_cast<char>(*number); // a byte
    }
}

std::string unescaped(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        auto const plain = std::min(text.find('\\'), text.size());
        out += text.substr(0, plain);
        text.remove_prefix(plain);
        if (!text.empty()) {
            text.remove_prefix(1);
            append_escaped(out, text);
        }
    }
    return out;
}

} // namespace

std::vector<std::string> readings_of(std::string output)
{
    std::vector<std::string> readings{std::move(output)};
    while (readings.size() < 3 && readings.back().find('\\') != std::string::npos) {
        readings.push_back(unescaped(readings.back()));
    }
    return readings;
}

LeakSearch::LeakSearch(std::vector<std::string> texts) : texts_{std::move(texts)}
{
    for (std::size_t i = 0; i < texts_.size(); ++i) {
        if (texts_[i].size() >= kShortest) {
            by_beginning_.emplace(beginning(texts_[i].data()), i);
        }
    }
}

std::vector<std::string> LeakSearch::found_in(std::string const& output) const
{
    std::set<std::size_t> found;
    for (auto const& reading : readings_of(output)) {
        for (std::size_t at = 0; at + kShortest <= reading.size(); ++at) {
            auto const [begin, end] = by_beginning_.equal_range(beginning(reading.data() + at));
            for (auto candidate = begin; candidate != end; ++candidate) {
                auto const& text = texts_[candidate->second];
                if (reading.compare(at, text.size(), text) == 0) {
                    found.insert(candidate->second);
                }
            }
        }
    }
    std::vector<std::string> list;
    std::transform(found.begin(), found.end(), std::back_inserter(list), [this](auto i) { return texts_[i]; });
    return list;
}

bool holds_secret(std::string const& output, std::string const& secret)
{
    auto const telling = secret.substr(0, std::max<std::size_t>(secret.size() / 2, 12));
    auto const readings = readings_of(output);
    return std::any_of(readings.begin(), readings.end(),
        [&](auto const& reading) { return reading.find(telling) != std::string::npos; });
}

} // namespace backfill::test
