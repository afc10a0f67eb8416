#pragma once

#include <optional>
#include <string>

namespace backfill {

/// What a JSON Web Token says of itself. Nobody here can check its signature: that is the server's business.
struct JwtClaims {
    std::string role;
    std::string ref;               ///< the project, in Supabase's keys
    std::optional<double> expires; ///< Unix seconds; JSON knows no integers, and any number may stand there
};

/// Three parts between dots.
bool is_jwt(std::string const& token);

/// The claims of a token; those that it does not have, or that cannot be read, are empty.
JwtClaims read_jwt(std::string const& token);

} // namespace backfill
