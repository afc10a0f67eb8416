#include "supabase/fault.hpp"

#include "backfill/calls/retry.hpp"
#include "backfill/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace backfill::supabase {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kLongestCode = 40;
constexpr std::size_t kLongestName = 140; // two identifiers of 63 bytes, a dot and quotes

/// A * matches one name, which has no blank and so is no sentence.
constexpr std::array kMessages{"permission denied for * *"sv,
    "new row violates row-level security policy for table *"sv,
    "new row violates row-level security policy * for table *"sv,
    "new row violates row-level security policy (USING expression) for table *"sv,
    "new row violates row-level security policy * (USING expression) for table *"sv, "cannot insert into view *"sv,
    "null value in column * of relation * violates not-null constraint"sv,
    "insert or update on table * violates foreign key constraint *"sv,
    "duplicate key value violates unique constraint *"sv, "new row for relation * violates check constraint *"sv,
    "no partition of relation * found for row"sv, "value too long for type character(*)"sv,
    "value too long for type character varying(*)"sv, "cannot insert a non-DEFAULT value into column *"sv,
    "ON CONFLICT does not support deferrable unique constraints/exclusion constraints as arbiters"sv,
    "relation * does not exist"sv, "column * does not exist"sv, "column * of relation * does not exist"sv,
    "schema * does not exist"sv, "role * does not exist"sv, "record * has no field *"sv,
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
    "The schema must be one of the following: *, *"sv, "Invalid schema: *"sv,
    "Only the following schemas are exposed: *"sv, "Only the following schemas are exposed: *, *"sv,
    "Database connection error."sv, "Invalid path specified in request URL"sv, "Root endpoint metadata is disabled"sv,
    "JWT issued at future"sv, "JWT not yet valid"sv, "JWT not in audience"sv, "JWT cryptographic operation failed"sv,
    "Expected 3 parts in JWT; got *"sv, "Empty JWT is sent in Authorization header"sv,
    "Wrong or unsupported encoding algorithm"sv, "None of the keys was able to decode the JWT"sv,
    "Server lacks JWT secret"sv, "Legacy API keys are disabled"sv, "Unregistered API key"sv,
    "Forbidden use of secret API key in browser"sv, "Access to schema is forbidden"sv, "stack depth limit exceeded"sv,
    "Grant the required privileges to the current role with: GRANT * ON * TO *;"sv,
    "Grant the required privileges to the current role with: GRANT *, * ON * TO *;"sv,
    "Grant the required privileges to the current role with: GRANT *, *, * ON * TO *;"sv, "JWT expired"sv,
    "JWSError *"sv, "JWT invalid"sv, "No suitable key or wrong key type"sv, "Anonymous access is disabled"sv,
    "Invalid API key"sv, "No API key found in request"sv,
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
    auto const longest = std::min({text.find(' '), text.size(), kLongestName});
    for (auto size = longest; size > 0; --size) { // the pattern may go on in the same word: "varying(*)"
        if (matches(text.substr(size), pattern.substr(1))) {
            return true;
        }
    }
    return false;
}

/// What a code means, where its own message is not told.
std::string_view meaning_of(std::string_view code)
{
    struct Meaning {
        std::string_view code; ///< or its beginning
        std::string_view text;
    };
    static constexpr std::array kMeanings{
        Meaning{"P0001", "raised by a trigger or function"},
        Meaning{"P0002", "a trigger or function found no row"},
        Meaning{"P0003", "a trigger or function found more than one row"},
        Meaning{"P0004", "an assertion of a trigger or function failed"},
        Meaning{"PT", "raised by a trigger or function"},
        Meaning{"22", "a value does not fit its column"},
        Meaning{"23", "a constraint"},
        Meaning{"42501", "a right is missing"},
        Meaning{"42P10", "no unique key fits an ON CONFLICT"},
        Meaning{"42", "a trigger, policy or default names what is not there"},
        Meaning{"44", "the check option of a view"},
        Meaning{"54", "a limit of PostgreSQL"},
        Meaning{"55000", "a key that is deferrable, or an object in the wrong state"},
        Meaning{"57014", "a statement took longer than it may"},
        Meaning{"XX", "an internal error of PostgreSQL or of an extension"},
        Meaning{"38", "an external routine of a trigger"},
        Meaning{"39", "an external routine of a trigger"},
        Meaning{"HV", "a foreign table"},
        Meaning{"", "raised by a trigger or function?"},
    };
    auto const found =
        std::ranges::find_if(kMeanings, [code](auto const& meaning) { return code.starts_with(meaning.code); });
    return is_sqlstate(code) && found != kMeanings.end() ? found->text : std::string_view{};
}

} // namespace

bool is_own_message(std::string_view text)
{
    return std::ranges::any_of(kMessages, [text](auto const& pattern) { return matches(text, pattern); });
}

std::string explain(http::Outcome const& outcome)
{
    auto text = calls::describe(outcome);
    auto const* reply = std::get_if<http::Reply>(&outcome);
    if (!reply || reply->status < 300) {
        return text;
    }
    auto const error = error_of(*reply);
    text += is_broken_connection(*reply, error) ? ", PostgREST lost its connection to the database" : "";
    if (!error.code.empty()) {
        text += ", " + printable(error.code, kLongestCode);
    }
    if (is_own_message(error.message)) {
        text += ": " + printable(error.message);
        text += is_own_message(error.hint) ? " (hint: " + printable(error.hint) + ")" : "";
    } else if (auto const meaning = meaning_of(error.code); !meaning.empty()) {
        text += fmt::format(" ({})", meaning);
    }
    return text;
}

} // namespace backfill::supabase
