#pragma once

#include "backfill/core/jwt.hpp"
#include "backfill/core/secret.hpp"
#include "backfill/http/transport.hpp"

#include <optional>
#include <string>
#include <vector>

namespace backfill::supabase {

/// A Supabase key: a JWT, or one of the newer `sb_secret_…` / `sb_publishable_…` keys.
class ApiKey {
public:
    explicit ApiKey(Secret secret);

    /// `apikey` always; `Authorization: Bearer` only for a JWT: the gateway refuses the newer keys there, and PostgREST
    /// runs a JWT without "Bearer " silently as anon.
    std::vector<http::Header> headers() const;

    /// The gateway puts a JWT of its own in the key's place, anew for each request.
    bool has_minted_token() const { return !is_jwt_; }

    /// True for service_role and sb_secret_ keys: row-level security does not apply to them.
    bool bypasses_row_level_security() const;

    std::string const& role() const { return claims_.role; } ///< the JWT's role, "" when it has none or is no JWT
    std::optional<double> expires() const { return claims_.expires; } ///< Unix seconds

    /// Throws FatalError when the JWT is expired, or belongs to another project than a host below supabase.co.
    void check(std::string const& host, long long now_unix) const;

private:
    Secret secret_;
    bool is_jwt_;
    JwtClaims claims_;
};

} // namespace backfill::supabase
