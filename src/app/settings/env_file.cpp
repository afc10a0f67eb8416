#include "app/settings/env_file.hpp"

#include "app/settings/specs.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/core/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace backfill::app {
namespace {

constexpr std::string_view kBlanks = " \t";

bool is_name_letter(char c, bool first)
{
    bool const letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
    return letter || (!first && c >= '0' && c <= '9');
}

/// The name that a dollar is followed by; "" for none.
std::string_view shell_name(std::string_view text)
{
    std::size_t length = 0;
    while (length < text.size() && is_name_letter(text[length], length == 0)) {
        ++length;
    }
    return text.substr(0, length);
}

/// The name that a line begins with, as dotenv takes it; "" for none.
std::string_view line_name(std::string_view text)
{
    std::size_t length = 0;
    while (
        length < text.size() && (is_name_letter(text[length], false) || text[length] == '.' || text[length] == '-')) {
        ++length;
    }
    return text.substr(0, length);
}

std::string_view without_blanks(std::string_view text)
{
    return text.substr(std::min(text.find_first_not_of(kBlanks), text.size()));
}

/// A comment begins at `#` after a blank or at the start.
std::string_view without_comment(std::string_view text)
{
    auto at = text.find('#');
    while (at != text.npos && at > 0 && kBlanks.find(text[at - 1]) == kBlanks.npos) {
        at = text.find('#', at + 1);
    }
    return trim(text.substr(0, at));
}

/// The place of the quote that closes the first letter; npos where that is no quote, or none that ends a value.
std::size_t closing_quote(std::string_view text)
{
    auto const quote = text.empty() ? '\0' : text.front();
    if (quote != '"' && quote != '\'' && quote != '`') {
        return text.npos;
    }
    std::size_t end = 1;
    for (; end < text.size() && text[end] != quote; ++end) {
        end += quote == '"' && text[end] == '\\' ? 1 : 0;
    }
    if (end >= text.size()) {
        return text.npos;
    }
    auto const rest = without_blanks(text.substr(end + 1));
    return rest.empty() || rest.front() == '\n' || rest.front() == '#' ? end : text.npos;
}

/// dotenv's: `\r\n` and `\r` end a line too.
std::string with_plain_line_ends(std::string_view text)
{
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        bool const is_return = text[i] == '\r';
        plain += is_return ? '\n' : text[i];
        i += is_return && i + 1 < text.size() && text[i + 1] == '\n' ? 1 : 0;
    }
    return plain;
}

bool is_utf16(std::string_view text)
{
    return text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")
        || (text.size() > 1 && (text[0] == '\0' || text[1] == '\0'));
}

/// `\n`, `\r` and `\t` between double quotes; any other letter after a backslash but a quote or a backslash keeps it.
std::string escaped(char letter)
{
    switch (letter) {
    case 'n':
        return "\n";
    case 'r':
        return "\r";
    case 't':
        return "\t";
    case '"':
    case '\\':
        return {letter};
    default:
        return {'\\', letter};
    }
}

/// What a dollar begins.
struct Reference {
    std::string name; ///< empty: nothing
    std::optional<std::string_view> fallback{};
    std::size_t length = 1;
};

/// `$NAME`, `${NAME}` or `${NAME:-default}` at the front of `text`.
Reference reference_at(std::string_view text)
{
    bool const braced = text.substr(1).starts_with('{');
    std::size_t const begin = braced ? 2 : 1;
    Reference asked{std::string{shell_name(text.substr(begin))}};
    auto end = begin + asked.name.size();
    auto const rest = text.substr(end);
    if (braced && (rest.starts_with(":-") || rest.starts_with('-'))) {
        auto const first = end += rest.find('-') + 1;
        for (std::size_t depth = 0; end < text.size() && (text[end] != '}' || depth > 0); ++end) {
            depth += text.substr(end).starts_with("${") ? 1 : 0;
            depth -= text[end] == '}' ? 1 : 0;
        }
        asked.fallback = text.substr(first, end - first);
    }
    bool const is_closed = !braced || (end < text.size() && text[end] == '}');
    if (asked.name.empty() || !is_closed) {
        return {};
    }
    asked.length = end + (braced ? 1 : 0);
    return asked;
}

struct Line {
    std::string_view name;  ///< empty where the line has none
    std::string_view value; ///< to the end of the text, blanks in front left out; null where it has none
};

/// Of the line that `text` begins with.
Line line_at(std::string_view text)
{
    constexpr std::string_view kExport = "export";
    auto line = without_blanks(text.substr(0, text.find('\n')));
    if (line.starts_with(kExport) && line.size() > kExport.size()
        && kBlanks.find(line[kExport.size()]) != kBlanks.npos) {
        line = without_blanks(line.substr(kExport.size()));
    }
    auto const name = line_name(line);
    auto const after = without_blanks(line.substr(name.size()));
    bool const has_value = !name.empty()
        && (after.starts_with('=') || after.starts_with(": ") || after == ":" || after.starts_with(":\t"));
    auto const at = static_cast<std::size_t>(after.data() - text.data()) + 1;
    return {name, has_value ? without_blanks(text.substr(at)) : std::string_view{}};
}

} // namespace

void EnvFiles::add(std::string_view text, std::string const& path)
{
    if (is_utf16(text)) {
        throw UsageError{fmt::format("--env-file={} is UTF-16; save it as UTF-8", printable(path))};
    }
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    text.remove_prefix(text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
    auto const plain = with_plain_line_ends(text) + '\n';
    std::string_view rest{plain};
    File file{path, {}};
    for (std::size_t number = 1; !rest.empty();) {
        auto const [name, value] = line_at(rest);
        auto end = rest.find('\n');
        if (value.data() != nullptr) {
            auto const close = closing_quote(value);
            end = static_cast<std::size_t>(value.data() - rest.data());
            end += value.find('\n', close == value.npos ? 0 : close);
            file.values[std::string{name}] = close == value.npos
                ? Value{std::string{without_comment(value.substr(0, value.find('\n')))}, '\0', number}
                : Value{std::string{value.substr(1, close - 1)}, value.front(), number};
        } else if (is_setting(name)) { // not the line itself: it could hold a secret
            throw UsageError{fmt::format("--env-file={}, line {}: expected {}=value", printable(path), number, name)};
        }
        number += static_cast<std::size_t>(std::ranges::count(rest.substr(0, end + 1), '\n'));
        rest.remove_prefix(end + 1);
    }
    files_.insert(files_.begin(), std::move(file));
}

std::pair<std::vector<std::string>, std::string> EnvFiles::names_in(std::size_t file) const
{
    std::vector<std::string> names;
    for (auto const& [name, value] : files_.at(file).values) {
        if (!trim(value.text).empty()) {
            names.push_back(name);
        }
    }
    return {names, files_.at(file).path};
}

std::optional<EnvFiles::Found> EnvFiles::find(std::string const& name, Path& path) const
{
    std::optional<Found> blank;
    for (auto const& file : files_) {
        auto value = find_in(file, name, path);
        if (value && !trim(value->text).empty()) {
            return value;
        }
        blank = value ? std::move(value) : std::move(blank);
    }
    return blank;
}

std::optional<EnvFiles::Found> EnvFiles::find_in(File const& file, std::string const& name, Path& path) const
{
    auto const found = file.values.find(name);
    if (found == file.values.end()) {
        return std::nullopt;
    }
    auto const& value = found->second;
    path.names.push_back(name);
    Found read{value.quote == '\'' ? value.text : expanded({found->first, file, value}, value.text, path), file.path};
    path.names.pop_back();
    return read;
}

std::string EnvFiles::expanded(Use const& use, std::string_view text, Path& path) const
{
    std::string value;
    while (!text.empty()) {
        auto const letter = text.front();
        if (letter == '\\' && text.size() > 1 && (text[1] == '$' || use.value.quote == '"')) {
            value += text[1] == '$' ? "$" : escaped(text[1]);
            text.remove_prefix(2);
        } else if (letter == '$') {
            value += reference(use, text, path);
        } else {
            value += letter;
            text.remove_prefix(1);
        }
    }
    return value;
}

/// The value of the reference at the front of `text`, which it takes away; a dollar that begins none stands for itself.
std::string EnvFiles::reference(Use const& use, std::string_view& text, Path& path) const
{
    auto const refused = [&](std::string const& why) {
        return UsageError{
            fmt::format("{} in {}, line {}: {}", use.name, printable(use.file.path), use.value.line, why)};
    };
    auto const asked = reference_at(text);
    text.remove_prefix(asked.length);
    if (asked.name.empty()) {
        return "$";
    }
    constexpr std::size_t kMostSteps = 1000; // a few lines could ask for more than there is time
    if (++path.steps > kMostSteps) {
        throw refused("too many names stand for others");
    }
    auto known = environment_(asked.name);
    bool const is_circle = std::ranges::find(path.names, asked.name) != path.names.end();
    if (!known || trim(*known).empty()) {
        if (is_circle && !asked.fallback) {
            throw refused("$" + asked.name + " leads back to itself");
        }
        auto found = is_circle ? std::nullopt : find(asked.name, path);
        known = found ? std::optional{std::move(found->text)} : known;
    }
    if (asked.fallback && known.value_or("").empty()) {
        return expanded(use, *asked.fallback, path);
    }
    if (!known) {
        throw refused("$" + asked.name + " is set nowhere; write \\$ for a dollar, or quote the value with '…'");
    }
    return *known;
}

} // namespace backfill::app
