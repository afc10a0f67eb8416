#include "supabase/own_messages.hpp"

#include <algorithm>
#include <array>

namespace backfill::supabase {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kLongestName = 140; // two identifiers of 63 bytes, a dot and quotes

/// A * matches one name, which has no blank and so is no sentence.
constexpr std::array kMessages{"permission denied for * *"sv,
    "new row violates row-level security policy for table *"sv, "relation * does not exist"sv,
    "column * does not exist"sv, "column * of relation * does not exist"sv, "schema * does not exist"sv,
    "role * does not exist"sv, "record * has no field *"sv,
    "there is no unique or exclusion constraint matching the ON CONFLICT specification"sv,
    "ON CONFLICT DO UPDATE command cannot affect row a second time"sv, "canceling statement due to statement timeout"sv,
    "canceling statement due to lock timeout"sv, "canceling statement due to user request"sv,
    "cannot execute * in a read-only transaction"sv, "could not serialize access due to concurrent update"sv,
    "deadlock detected"sv, "terminating connection due to administrator command"sv,
    "the database system is shutting down"sv, "the database system is starting up"sv,
    "the database system is in recovery mode"sv, "sorry, too many clients already"sv,
    "Could not find the * column of * in the schema cache"sv, "Could not find the table * in the schema cache"sv,
    "Could not query the database for the schema cache. Retrying."sv,
    "Database connection error. Retrying the connection."sv, "Database client error. Retrying the connection."sv,
    "Timed out acquiring connection from connection pool."sv, "The schema must be one of the following: *"sv,
    "JWT expired"sv, "JWSError *"sv, "JWT invalid"sv, "No suitable key or wrong key type"sv,
    "Anonymous access is disabled"sv, "Invalid API key"sv, "No API key found in request"sv,
    "Double check your Supabase `anon` or `service_role` API key."sv, "Tenant or user not found"sv,
    "Perhaps you meant to reference the table *"sv, "Perhaps you meant to reference the column *"sv,
    "Perhaps you meant the table *"sv};

bool matches(std::string_view text, std::string_view pattern)
{
    while (!pattern.empty() && pattern.front() != '*') {
        if (text.empty() || text.front() != pattern.front()) {
            return false;
        }
        text.remove_prefix(1);
        pattern.remove_prefix(1);
    }
    if (pattern.empty()) {
        return text.empty();
    }
    auto const name = std::min(text.find(' '), text.size());
    return name > 0 && name <= kLongestName && matches(text.substr(name), pattern.substr(1));
}

} // namespace

bool is_own_message(std::string_view text)
{
    return std::any_of(
        kMessages.begin(), kMessages.end(), [text](auto const& pattern) { return matches(text, pattern); });
}

} // namespace backfill::supabase
