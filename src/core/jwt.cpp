#include "backfill/core/jwt.hpp"

#include "backfill/core/json_reader.hpp"

#include <Poco/Base64Decoder.h>
#include <Poco/Base64Encoder.h>
#include <Poco/Exception.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <sstream>

namespace backfill {
namespace {

/// Empty when it cannot be decoded.
std::string payload(std::string const& jwt)
{
    auto const first = jwt.find('.');
    auto const second = jwt.find('.', first + 1);
    std::istringstream encoded{jwt.substr(first + 1, second - first - 1)};
    try {
        Poco::Base64Decoder decoder{encoded, Poco::BASE64_URL_ENCODING | Poco::BASE64_NO_PADDING};
        return {std::istreambuf_iterator<char>{decoder}, {}};
    } catch (Poco::Exception const&) {
        return {};
    }
}

} // namespace

bool is_jwt(std::string const& token)
{
    return std::count(token.begin(), token.end(), '.') == 2;
}

JwtClaims read_jwt(std::string const& token)
{
    auto const text = is_jwt(token) ? payload(token) : std::string{};
    auto const document = read_json(text);
    if (!document) {
        return {};
    }
    auto const& claims = document->root();
    JwtClaims read{std::string{claims["role"].string()}, std::string{claims["ref"].string()}, {}};
    if (auto const& expires = claims["exp"]; expires.kind == JsonValue::Kind::number) {
        std::from_chars(expires.text.begin(), expires.text.end(), read.expires.emplace());
    }
    return read;
}

} // namespace backfill
