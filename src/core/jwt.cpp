#include "backfill/core/jwt.hpp"

#include <Poco/Base64Decoder.h>
#include <Poco/Base64Encoder.h>
#include <Poco/Exception.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <iterator>
#include <sstream>

namespace backfill {
namespace {

Poco::JSON::Object::Ptr payload(std::string const& jwt)
{
    auto const first = jwt.find('.');
    auto const second = jwt.find('.', first + 1);
    std::istringstream encoded{jwt.substr(first + 1, second - first - 1)};
    try {
        Poco::Base64Decoder decoder{encoded, Poco::BASE64_URL_ENCODING | Poco::BASE64_NO_PADDING};
        std::string const text{std::istreambuf_iterator<char>{decoder}, {}};
        auto const value = Poco::JSON::Parser{}.parse(text);
        return value.type() == typeid(Poco::JSON::Object::Ptr) ? value.extract<Poco::JSON::Object::Ptr>() : nullptr;
    } catch (Poco::Exception const&) {
        return nullptr;
    }
}

std::string text_of(Poco::JSON::Object const& object, std::string const& name)
{
    auto const value = object.get(name);
    return !value.isEmpty() && value.isString() ? value.extract<std::string>() : std::string{};
}

} // namespace

bool is_jwt(std::string const& token)
{
    return std::count(token.begin(), token.end(), '.') == 2;
}

JwtClaims read_jwt(std::string const& token)
{
    auto const claims = is_jwt(token) ? payload(token) : nullptr;
    if (!claims) {
        return {};
    }
    JwtClaims read{text_of(*claims, "role"), text_of(*claims, "ref"), {}};
    if (auto const expires = claims->get("exp"); !expires.isEmpty() && expires.isNumeric()) {
        read.expires = expires.convert<double>();
    }
    return read;
}

} // namespace backfill
