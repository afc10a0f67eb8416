#include "backfill/http/percent.hpp"

#include "backfill/core/ascii.hpp"

namespace backfill::http {

std::string percent_encoded(std::string_view text)
{
    constexpr std::string_view kHex = "0123456789ABCDEF";
    constexpr std::string_view kUnreserved = "-._~";
    std::string out;
    out.reserve(text.size());
    for (char const c : text) {
        bool const plain = is_ascii_alphanumeric(c) || kUnreserved.find(c) != std::string_view::npos;
        if (plain) {
            out += c;
        } else {
            auto const byte = static_cast<unsigned char>(c);
            out += '%';
            out += kHex[byte >> 4U];
            out += kHex[byte & 0xFU];
        }
    }
    return out;
}

} // namespace backfill::http
