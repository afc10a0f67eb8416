#include "backfill/supabase/api_key.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/log.hpp"

#include <Poco/Base64Decoder.h>
#include <Poco/Base64Encoder.h>
#include <Poco/Exception.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <iterator>
#include <sstream>
#include <utility>

namespace backfill::supabase {
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
        return nullptr; // whether the key is good is the server's business
    }
}

std::string text_of(Poco::JSON::Object const& object, std::string const& name)
{
    auto const value = object.get(name);
    return !value.isEmpty() && value.isString() ? value.extract<std::string>() : std::string{};
}

} // namespace

ApiKey::ApiKey(Secret secret) : secret_{std::move(secret)}
{
    auto const& text = secret_.reveal();
    is_jwt_ = std::count(text.begin(), text.end(), '.') == 2;
    auto const claims = is_jwt_ ? payload(text) : nullptr;
    if (!claims) {
        return;
    }
    role_ = text_of(*claims, "role");
    project_ = text_of(*claims, "ref");
    auto const expires = claims->get("exp");
    if (!expires.isEmpty() && expires.isNumeric()) {
        expires_ = expires.convert<double>();
    }
}

std::vector<http::Header> ApiKey::headers() const
{
    std::vector<http::Header> headers{{"apikey", secret_.reveal()}};
    if (is_jwt_) {
        headers.emplace_back("Authorization", "Bearer " + secret_.reveal());
    }
    return headers;
}

bool ApiKey::bypasses_row_level_security() const
{
    return role_ == "service_role" || secret_.reveal().starts_with("sb_secret_");
}

void ApiKey::check(std::string const& host, long long now_unix) const
{
    if (expires_ && *expires_ <= static_cast<double>(now_unix)) {
        throw FatalError{"The Supabase key has expired. Take a current one from the project's settings (API keys)."};
    }
    constexpr std::string_view kHosted = ".supabase.co";
    if (!project_.empty() && host.ends_with(kHosted)) {
        auto const project = host.substr(0, host.find('.'));
        if (project != project_) {
            throw FatalError{"The Supabase key belongs to project " + printable(project_)
                + ", but SUPABASE_URL names project " + printable(project) + ". Take both from the same project."};
        }
    }
}

} // namespace backfill::supabase
