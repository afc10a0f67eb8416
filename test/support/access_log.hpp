#pragma once

#include <cstddef>
#include <ios>
#include <string>
#include <vector>

namespace backfill::test {

/// One request to Supabase, as the gateway logged it.
struct AccessEntry {
    std::string method;
    std::string uri;
    int status = 0;
    std::size_t body_bytes = 0;
};

/// What the local stack's gateway answered since construction.
class AccessLog {
public:
    AccessLog();

    /// All requests whose answers were sent before this call, in the order in which they ended.
    std::vector<AccessEntry> entries() const;

private:
    std::streamoff start_;
};

/// POSTs that carry rows; the preflight's `[]` does not.
std::size_t posts_with_rows(std::vector<AccessEntry> const& entries);
std::size_t posts(std::vector<AccessEntry> const& entries);

} // namespace backfill::test
