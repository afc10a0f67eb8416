#pragma once

#include <optional>
#include <string>

namespace backfill {

/// The claims of a JSON Web Token. Its signature is not checked: only the server can.
struct JwtClaims {
    std::string role;
    std::string ref;               ///< the project, in Supabase's keys
    std::optional<double> expires; ///< Unix seconds, any JSON number
};

/// Whether the token has three parts between dots.
bool is_jwt(std::string const& token);

/// Claims that are missing or unreadable stay empty.
JwtClaims read_jwt(std::string const& token);

} // namespace backfill
