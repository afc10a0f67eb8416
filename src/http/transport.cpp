#include "backfill/http/transport.hpp"

#include <algorithm>

namespace backfill::http {
namespace {

char lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

} // namespace

std::optional<std::string_view> Reply::header(std::string_view name) const
{
    auto const same_name = [name](Header const& header) {
        return std::ranges::equal(header.first, name, {}, lower, lower);
    };
    auto const found = std::ranges::find_if(headers, same_name);
    return found == headers.end() ? std::nullopt : std::optional<std::string_view>{found->second};
}

} // namespace backfill::http
