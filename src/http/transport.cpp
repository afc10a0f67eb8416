#include "backfill/http/transport.hpp"

#include "backfill/core/ascii.hpp"

#include <algorithm>

namespace backfill::http {

std::optional<std::string_view> Reply::header(std::string_view name) const
{
    auto const found =
        std::ranges::find_if(headers, [name](Header const& header) { return equal_ignoring_case(header.first, name); });
    return found == headers.end() ? std::nullopt : std::optional<std::string_view>{found->second};
}

bool Reply::is_html() const
{
    auto const start = body.find_first_not_of(" \t\r\n\xEF\xBB\xBF"); // white space and a byte order mark
    return start != std::string::npos && body[start] == '<';
}

} // namespace backfill::http
