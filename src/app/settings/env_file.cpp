#include "app/settings/env_file.hpp"

#include "app/settings/values.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/core/utf8.hpp"

#include <fmt/format.h>

#include <cstddef>

namespace backfill::app {
namespace {

bool is_name(std::string_view text)
{
    constexpr std::string_view kLater = "0123456789.-";
    constexpr std::string_view kAll = "0123456789.-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    return !text.empty() && text.find_first_not_of(kAll) == text.npos && kLater.find(text.front()) == kLater.npos;
}

/// A quoted value ends at its closing quote; an unquoted one at " #".
std::string value_of(std::string_view text)
{
    text = trim(text);
    if (!text.empty() && (text.front() == '"' || text.front() == '\'')) {
        auto const close = text.find(text.front(), 1);
        auto const rest = close == std::string_view::npos ? std::string_view{} : trim(text.substr(close + 1));
        if (close != std::string_view::npos && (rest.empty() || rest.front() == '#')) {
            return std::string{text.substr(0, close + 1)}; // stripped() removes the quotes on lookup
        }
        return std::string{text};
    }
    auto const comment = text.starts_with('#') ? 0 : text.find(" #");
    return std::string{trim(text.substr(0, comment))};
}

} // namespace

std::map<std::string, std::string> read_env_file(std::string_view text, std::string const& path)
{
    std::map<std::string, std::string> variables;
    std::size_t number = 0;
    for (auto line : split(text, '\n')) {
        ++number;
        if (line.empty() || line.front() == '#') {
            continue;
        }
        constexpr std::string_view kExport = "export ";
        if (line.starts_with(kExport)) {
            line = trim(line.substr(kExport.size()));
        }
        auto const equals = line.find('=');
        auto const name = trim(line.substr(0, equals));
        if (equals == std::string_view::npos || !is_name(name)) {
            // Not the line itself: it could hold a secret.
            throw UsageError{fmt::format("--env-file={}, line {}: expected NAME=value", printable(path), number)};
        }
        variables[std::string{name}] = value_of(line.substr(equals + 1));
    }
    return variables;
}

} // namespace backfill::app
