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

/// The table in SQL, as a message names it, and the role of most keys.
struct Target {
    std::string sql;
    std::string_view name;
    std::string key{}; ///< that upserts meet
};

/// PostgreSQL names what the role may not use: the table itself, or what a trigger, a policy or a view of it needs.
std::string advice_about_right(ErrorBody const& error, Target const& target)
{
    if (error.message.find("row-level security") != std::string::npos) {
        return fmt::format("Use SUPABASE_SERVICE_ROLE_KEY, or add policies for {} that let the role of this key select "
                           "and insert (with "
                           "ON_CONFLICT=update: update, too).",
            target.sql);
    }
    constexpr std::string_view kDenied = "permission denied for ";
    auto const object = error.message.starts_with(kDenied) && is_own_message(error.message)
        ? std::string_view{error.message}.substr(kDenied.size())
        : std::string_view{};
    auto const name = object.substr(object.find(' ') + 1);
    bool const is_ours = object.empty() || name == target.name;
    if (is_ours) {
        return fmt::format(
            "Run in SQL: grant select, insert, update on {} to service_role; (or the role of the key used; for the "
            "conversation table select is enough).",
            target.sql);
    }
    if (object.starts_with("sequence ")) {
        return fmt::format(
            "A default or a trigger of {} needs {}. Run in SQL: grant usage on {} to service_role; (or the role "
            "of the key used).",
            target.sql, printable(object), printable(object));
    }
    if (object.starts_with("schema ")) {
        return fmt::format(
            "A trigger, policy or view of {} needs {}. Run in SQL: grant usage on {} to service_role; (or "
            "the role of the key used), or declare the function `security definer`.",
            target.sql, printable(object), printable(object));
    }
    return fmt::format("A trigger, policy or view of {} needs {}: grant the role of the key what it needs there, or "
                       "declare the function `security definer`.",
        target.sql, printable(object));
}

/// What keeps a row, or every row, out: the message names the column or the constraint.
std::string advice_about_row(ErrorBody const& error, Target const& target)
{
    struct Advice {
        std::string_view code; ///< or its beginning
        std::string_view text; ///< {} is the table
    };
    static constexpr std::array kAdvice{
        Advice{"23502",
            "The column must have a value, and no message brings it: give it a default, let a trigger fill it, "
            "or map a field to it in MESSAGE_COLUMNS."},
        Advice{"23503", "The key refers to a row that is not there: store that first, or drop the constraint."},
        Advice{"23505",
            "A unique key other than that of the upserts is met: name the right one in MESSAGE_KEY, or drop it."},
        Advice{"23514", "Change the constraint, or create the partition, that keeps such messages out."},
        Advice{"22001", "Widen the column: a message does not fit."},
        Advice{"22", "A column of {} is of another type than what is written to it: see MESSAGE_COLUMNS."},
        Advice{"42804", "A column of {} is of another type than what is written to it: see MESSAGE_COLUMNS."},
        Advice{"428C9", "The column is generated by the database: take it out of MESSAGE_COLUMNS."},
        Advice{"42", "Look at the triggers, policies and defaults of {}: one names what is not there."},
        Advice{"55000",
            "Where the unique key of {} is deferrable, upserts need one that is not: drop it and add it again "
            "without `deferrable`. Where it is a view that cannot be inserted into, name the table behind it."},
        Advice{"", "Look at the triggers and functions of {}."},
    };
    auto const found =
        std::ranges::find_if(kAdvice, [&error](auto const& advice) { return error.code.starts_with(advice.code); });
    return fmt::format(fmt::runtime(found->text), target.sql);
}

/// 401 and PGRST3xx.
std::string advice_about_key(ErrorBody const& error)
{
    if (error.code == "PGRST300") {
        return "The project's API has lost its JWT secret: restart the project, or ask Supabase.";
    }
    if (error.code == "PGRST303" && error.message != "JWT expired") {
        return "Supabase's API refuses the token that it minted itself, since its clock is behind: restart the "
               "project, or "
               "upgrade it (PostgREST 14.18 or later).";
    }
    if (error.message == "Legacy API keys are disabled") {
        return "Set SUPABASE_SECRET_KEY to a key of the new kind (sb_secret_…), or enable the old ones again in the "
               "project's settings (API keys).";
    }
    if (error.message == "Forbidden use of secret API key in browser") {
        return "A proxy on the way puts a browser's name into User-Agent: let this program's pass.";
    }
    return "Check the Supabase key: it must be a current key of this project.";
}

std::string advice_about(ErrorBody const& error, int status, Target const& target)
{
    auto const& code = error.code;
    if (code == "42501") {
        return advice_about_right(error, target);
    }
    if (code == "42P10") {
        return fmt::format(
            "The table needs a unique key on exactly ({}). Run in SQL: create unique index on {} ({}); or, where "
            "its key has other columns, name those in MESSAGE_KEY (unset: the id alone). A partial one does "
            "not count. Of a view, the table behind it needs the key, and one with an INSTEAD OF trigger "
            "takes no upsert.",
            printable(target.key), target.sql, printable(target.key));
    }
    if (code == "PGRST204" || code == "42703") {
        return fmt::format(
            "Check the columns of {} and MESSAGE_COLUMNS; after a change of the schema run: notify pgrst, "
            "'reload schema';",
            target.sql);
    }
    if (code == "25006") {
        return "The database is read-only: look for a full disk or a paused project.";
    }
    if (status == 401 || code.starts_with("PGRST30")) {
        return advice_about_key(error);
    }
    if (code == "PGRST106") {
        return "Expose the schema (project settings, Data API), or set SUPABASE_SCHEMA to one that is exposed.";
    }
    bool const names_another =
        code == "42P01" && is_own_message(error.message) && error.message.find(target.name) == std::string::npos;
    if (!names_another && (status == 404 || code == "42P01" || code == "PGRST205")) {
        return fmt::format(
            "Check that {} exists (CONVERSATION_TABLE, MESSAGE_TABLE, SUPABASE_SCHEMA), that its schema is "
            "exposed (project settings, Data API), and that SUPABASE_URL is the project's URL. After a "
            "change of the schema run: notify pgrst, 'reload schema';",
            target.sql);
    }
    if (status == 402 || status == 540) {
        return "The project is paused or over its quota: look at the Supabase dashboard.";
    }
    if (code.starts_with("PGRST00")) {
        return "The API cannot read the database's schema: is the Data API switched on, do all exposed schemas exist "
               "(project "
               "settings, Data API), is the database overloaded?";
    }
    if (code == "57014") {
        return fmt::format(
            "The statement took longer than the role's statement_timeout: an index on what it asks for, or a "
            "longer timeout, mends it ({}).",
            target.sql);
    }
    if (is_of_the_server(code)) {
        return "The database is overloaded or restarts: run it again later. Check SUPABASE_URL and that the project is "
               "up.";
    }
    if (is_sqlstate(code)) {
        return advice_about_row(error, target);
    }
    return status >= 500 ? "Check SUPABASE_URL and that the project is up." : "Check SUPABASE_URL and the key.";
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

std::string advice(
    http::Outcome const& outcome, std::string const& schema, std::string const& table, std::string const& key)
{
    auto const* reply = std::get_if<http::Reply>(&outcome);
    if (!reply) {
        return "Check SUPABASE_URL and that the project is up, the network and, for private certificates, CA_FILE.";
    }
    auto const sql = fmt::format("{}.\"{}\"", schema.empty() ? "public" : printable(schema), printable(table));
    return advice_about(error_of(*reply), reply->status, {sql, table, key.empty() ? "id" : key});
}

} // namespace backfill::supabase
