#include "backfill/http/percent.hpp"

#include "backfill/core/ascii.hpp"

#include <fmt/format.h>

#include <iterator>

namespace backfill::http {

std::string percent_encoded(std::string_view text)
{
    constexpr std::string_view kUnreserved = "-._~";
    std::string out;
    out.reserve(text.size());
    for (char const c : text) {
        if (is_ascii_alphanumeric(c) || kUnreserved.find(c) != std::string_view::npos) {
            out += c;
        } else {
            fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return out;
}

} // namespace backfill::http
