#include "backfill/supabase/filter.hpp"

#include "backfill/core/ascii.hpp"
#include "backfill/core/utf8.hpp"
#include "backfill/http/endpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <stdexcept>

namespace backfill::supabase {
namespace {

using namespace std::string_view_literals;

constexpr std::array kLists{"or"sv, "and"sv, "not.or"sv, "not.and"sv};

/// What PostgREST takes for a part of the request. The program's own must not change.
constexpr std::array kNoFilters{"select"sv, "order"sv, "limit"sv, "offset"sv, "columns"sv, "on_conflict"sv};

/// Of the `=` behind the name, which may be in double quotes.
std::size_t end_of_name(std::string_view text)
{
    auto const quote = text.starts_with('"') ? text.find('"', 1) : 0;
    return text.find('=', std::min(quote, text.size()));
}

/// `eq.…`, `not.in.…`, `like(any).…`: of the form of an operator. Newer servers have more than this program knows.
bool begins_with_operator(std::string_view text)
{
    auto const word = std::ranges::find_if(text, [](char c) { return c < 'a' || c > 'z'; }) - text.begin();
    text.remove_prefix(static_cast<std::size_t>(word));
    if (text.starts_with('(')) {
        auto const end = text.find(')');
        text.remove_prefix(std::min(end, text.size() - 1) + 1);
    }
    return word > 0 && text.starts_with('.');
}

} // namespace

std::string Filter::query() const
{
    return http::percent_encoded(name) + "=" + http::percent_encoded(test);
}

Filter read_filter(std::string_view text)
{
    if (!is_utf8(text)) {
        throw std::invalid_argument{"is not valid UTF-8"};
    }
    if (text.find('&') != text.npos) {
        throw std::invalid_argument{
            "has an &: give each filter by itself, they all must hold; to find a value that has "
            "one, let a pattern's _ take its place, as in name=like.Smith _ Sons"};
    }
    auto const equals = end_of_name(text);
    auto const name = trim(text.substr(0, equals));
    auto const test = equals == text.npos ? std::string_view{} : trim(text.substr(equals + 1));
    if (equals == text.npos || name.empty()) {
        throw std::invalid_argument{
            "must be COLUMN=OPERATOR.VALUE, as in status=neq.resolved, or a list of such, as in or=(a.eq.1,b.is.null)"};
    }
    if (std::ranges::find(kNoFilters, name) != kNoFilters.end()) {
        throw std::invalid_argument{fmt::format(
            "{0} is no filter, but a part of the request that the program makes itself; a column of that name is "
            "filtered by and=({0}.eq.VALUE)",
            name)};
    }
    if (std::ranges::find(kLists, name) != kLists.end()) {
        if (!test.starts_with('(') || !test.ends_with(')') || test.size() < 3) { // the server reads the rest
            throw std::invalid_argument{
                fmt::format("must be a list in parentheses, as in {}=(status.eq.open,priority.gte.3)", name)};
        }
    } else if (!begins_with_operator(test)) {
        throw std::invalid_argument{fmt::format("has no operator before the value: {}=eq.VALUE, or one of neq, gt, "
                                                "gte, lt, lte, like, ilike, in.(…), is.null, with not. before it",
            name)};
    }
    return {std::string{name}, std::string{test}};
}

} // namespace backfill::supabase
