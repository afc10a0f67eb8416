#pragma once

#include <string>
#include <string_view>

namespace backfill::supabase {

/// A condition on rows as PostgREST's users write it: `status=neq.resolved`, `or=(a.is.null,b.eq.1)`.
struct Filter {
    std::string name; ///< a column, a path into one (`a->>b`), `or`, `and`, `not.or` or `not.and`
    std::string test; ///< `neq.resolved`, or the list in parentheses

    std::string text() const { return name + "=" + test; }
    std::string query() const; ///< percent-encoded

    bool operator==(Filter const&) const = default;
};

/// Takes every character as it reads: nothing is decoded. Whether the table has the column, and the server the
/// operator, the preflight asks. Throws std::invalid_argument that says what is wrong, and what to write.
Filter read_filter(std::string_view text);

} // namespace backfill::supabase
