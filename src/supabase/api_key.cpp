#include "backfill/supabase/api_key.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"

#include <string_view>
#include <utility>

namespace backfill::supabase {

ApiKey::ApiKey(Secret secret)
    : secret_{std::move(secret)}, is_jwt_{is_jwt(secret_.reveal())}, claims_{read_jwt(secret_.reveal())}
{
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
    return claims_.role == "service_role" || secret_.reveal().starts_with("sb_secret_");
}

void ApiKey::check(std::string const& host, long long now_unix) const
{
    if (claims_.expires && *claims_.expires <= static_cast<double>(now_unix)) {
        throw FatalError{"The Supabase key has expired", "Take a current one from the project's settings (API keys)."};
    }
    constexpr std::string_view kHosted = ".supabase.co";
    if (!claims_.ref.empty() && host.ends_with(kHosted)) {
        auto const project = host.substr(0, host.find('.'));
        if (project != claims_.ref) {
            throw FatalError{"The Supabase key belongs to project " + printable(claims_.ref)
                    + ", but SUPABASE_URL names project " + printable(project),
                "Take both from the same project."};
        }
    }
}

} // namespace backfill::supabase
