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

/// Where a comment begins: at `#` after a blank or at the start.
std::size_t comment_in(std::string_view text)
{
    for (auto at = text.find('#'); at != text.npos; at = text.find('#', at + 1)) {
        if (at == 0 || kBlanks.find(text[at - 1]) != kBlanks.npos) {
            return at;
        }
    }
    return text.npos;
}

/// The place of the quote that closes the first letter; npos where it is none that ends a value.
std::size_t closing_quote(std::string_view text)
{
    auto const quote = text.front();
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

bool is_setting(std::string_view name)
{
    return std::ranges::any_of(setting_specs(), [name](auto const& spec) {
        return std::ranges::any_of(spec.variables, [&](auto const& variable) {
            return name == variable || (spec.kind == SettingKind::secret && name == variable + "_FILE");
        });
    });
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

} // namespace

void EnvFiles::add(std::string_view bytes, std::string const& path)
{
    if (is_utf16(bytes)) {
        throw UsageError{fmt::format("--env-file={} is UTF-16; save it as UTF-8", printable(path))};
    }
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    bytes.remove_prefix(bytes.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
    auto const plain = with_plain_line_ends(bytes);
    std::string_view rest{plain};
    File file{path, {}};
    for (std::size_t number = 1; !rest.empty(); ++number) {
        auto const begin = rest;
        auto line = without_blanks(rest.substr(0, rest.find('\n')));
        constexpr std::string_view kExport = "export";
        if (line.starts_with(kExport)
            && kBlanks.find(line[std::min(kExport.size(), line.size() - 1)]) != kBlanks.npos) {
            line = without_blanks(line.substr(kExport.size()));
        }
        auto const name = line_name(line);
        auto const after = without_blanks(line.substr(name.size()));
        bool const has_value = !name.empty()
            && (after.starts_with('=') || after.starts_with(": ") || after == ":" || after.starts_with(":\t"));
        if (!has_value) {
            if (is_setting(name)) { // not the line itself: it could hold a secret
                throw UsageError{
                    fmt::format("--env-file={}, line {}: expected {}=value", printable(path), number, name)};
            }
            rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
            continue;
        }
        auto const at = static_cast<std::size_t>(after.data() - plain.data()) + 1;
        auto const value = without_blanks(std::string_view{plain}.substr(at));
        bool const is_quoted = !value.empty() && std::string_view{"\"'`"}.find(value.front()) != std::string_view::npos;
        auto const close = is_quoted ? closing_quote(value) : value.npos;
        auto const end_of_line = std::min(value.find('\n', close == value.npos ? 0 : close), value.size());
        Value read{{}, '\0', number};
        if (close != value.npos) {
            read.text = value.substr(1, close - 1);
            read.quote = value.front();
        } else {
            auto const text = value.substr(0, end_of_line);
            auto const comment = comment_in(text);
            read.text = trim(text.substr(0, comment));
        }
        file.values[std::string{name}] = read;
        rest = value.substr(std::min(end_of_line + 1, value.size()));
        auto const used = begin.substr(0, begin.size() - rest.size());
        number += static_cast<std::size_t>(std::max<std::ptrdiff_t>(std::ranges::count(used, '\n') - 1, 0));
    }
    files_.push_back(std::move(file));
}

std::optional<EnvFiles::Found> EnvFiles::find(std::string const& name) const
{
    Path path;
    return find(name, path);
}

std::optional<EnvFiles::Found> EnvFiles::find(std::string const& name, Path& path) const
{
    std::optional<Found> blank;
    for (auto file = files_.rbegin(); file != files_.rend(); ++file) {
        auto const found = file->values.find(name);
        if (found == file->values.end()) {
            continue;
        }
        Use const use{found->first, *file, found->second};
        path.push_back(name);
        Found value{
            found->second.quote == '\'' ? found->second.text : expanded(use, found->second.text, path), file->path};
        path.pop_back();
        if (!trim(value.text).empty()) {
            return value;
        }
        blank = std::move(value);
    }
    return blank;
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

/// Takes `$NAME` or `${NAME:-default}` from the front; a dollar that begins neither stands for itself.
std::string EnvFiles::reference(Use const& use, std::string_view& text, Path& path) const
{
    bool const braced = text.substr(1).starts_with('{');
    auto const name = std::string{shell_name(text.substr(braced ? 2 : 1))};
    auto inner = text.substr((braced ? 2 : 1) + name.size());
    std::optional<std::string_view> fallback;
    if (braced && (inner.starts_with(":-") || inner.starts_with('-'))) {
        inner.remove_prefix(inner.find('-') + 1);
        std::size_t end = 0;
        for (std::size_t depth = 0; end < inner.size() && (inner[end] != '}' || depth > 0); ++end) {
            depth += inner.substr(end).starts_with("${") ? 1 : 0;
            depth -= inner[end] == '}' ? 1 : 0;
        }
        fallback = inner.substr(0, end);
        inner.remove_prefix(end);
    }
    if (name.empty() || (braced && !inner.starts_with('}'))) {
        text.remove_prefix(1);
        return "$";
    }
    text = braced ? inner.substr(1) : inner;
    auto known = environment_(name);
    bool const is_circle = std::ranges::find(path, name) != path.end();
    if (!known || trim(*known).empty()) {
        if (is_circle && !fallback) {
            throw UsageError{fmt::format("{} in {}, line {}: ${} leads back to itself", use.name,
                printable(use.file.path), use.value.line, name)};
        }
        auto found = is_circle ? std::nullopt : find(name, path);
        known = found ? std::optional{std::move(found->text)} : known;
    }
    if (fallback && (!known || known->empty())) {
        return expanded(use, *fallback, path);
    }
    if (!known) {
        throw UsageError{
            fmt::format("{} in {}, line {}: ${} is set nowhere; write \\$ for a dollar, or quote the value "
                        "with '…'",
                use.name, printable(use.file.path), use.value.line, name)};
    }
    return *known;
}

} // namespace backfill::app
