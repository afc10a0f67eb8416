#pragma once

#include "backfill/supabase/postgrest.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backfill::supabase {

/// An answer with the values of `keys` from `[{…},…]`. Returns nothing when the body is no such array.
std::optional<Answer> read_rows(std::string_view body, std::vector<std::string> const& keys);

/// PostgREST's `{"code":…,"message":…,"hint":…}`. `details` is left out on purpose: it can hold a whole row.
struct ErrorBody {
    std::string code;
    std::string message;
    std::string hint;
    bool has_details = false; ///< whether there is such a member: PostgREST's bodies have it, even as null
};

ErrorBody read_error(std::string_view body);

} // namespace backfill::supabase
