#include "supabase/fault.hpp"

#include "supabase/json_rows.hpp"

#include "backfill/calls/retry.hpp"
#include "backfill/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace backfill::supabase {
namespace {

using namespace std::string_view_literals;

bool is_sqlstate(std::string_view code)
{
    return code.size() == 5 && code.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos;
}

constexpr std::array kRetryCodes{"40001"sv, "40P01"sv, "55P03"sv, "57P01"sv, "57P02"sv, "57P03"sv, "PGRST000"sv,
    "PGRST001"sv, "PGRST002"sv, "PGRST003"sv};

constexpr std::array kPoisonCodes{"22P02"sv, "22P05"sv, "22021"sv, "22007"sv, "22008"sv, "22003"sv, "22001"sv,
    "23502"sv, "23503"sv, "23514"sv, "23505"sv, "54000"sv, "P0001"sv};

/// Nothing when the code says nothing: then the status counts.
std::optional<Fault> classify_code(std::string_view code, int status)
{
    bool const sqlstate = is_sqlstate(code); // a proxy's {"code":429} has no class 42
    if (std::ranges::count(kRetryCodes, code) > 0 || (sqlstate && (code.starts_with("53") || code.starts_with("08")))) {
        return Fault::retry;
    }
    if (code == "57014") {
        return Fault::smaller;
    }
    if (std::ranges::count(kPoisonCodes, code) > 0) {
        return Fault::poison;
    }
    if (code == "21000" || code == "PGRST102") {
        return Fault::unknown; // our own mistake: duplicate ids, or a body that is not JSON
    }
    if (code.starts_with("PGRST") || code == "25006" || (sqlstate && code.starts_with("42"))) {
        return Fault::fatal;
    }
    // A trigger or a domain may raise any state of its own choice; the other rows of the request are not to blame.
    return sqlstate && status >= 400 && status < 500 ? std::optional{Fault::poison} : std::nullopt;
}

Fault classify_status(int status)
{
    switch (status) {
    case 402: // quota of the project exceeded
    case 404:
    case 540: // project paused
        return Fault::fatal;
    case 413:
    case 414:
    case 431:
        return Fault::too_long;
    case 524:
    case 544:
        return Fault::smaller;
    default:
        return status >= 300 && status < 400 ? Fault::fatal : Fault::unknown;
    }
}

/// PostgREST's answer when its connection to the database breaks under a statement: a 400 that says nothing (12.0.2
/// when PostgreSQL crashes; its issue 4681).
bool is_broken_connection(http::Reply const& reply, ErrorBody const& error)
{
    return reply.status == 400 && error.code.empty() && error.message.empty()
        && reply.body.find(R"("code":"")") != std::string::npos;
}

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

/// `{0}` stands for the table.
std::string_view advice_about(ErrorBody const& error, int status)
{
    auto const& code = error.code;
    if (code == "42501" && error.message.find("row-level security") != std::string::npos) {
        return "Use SUPABASE_SERVICE_ROLE_KEY, or add a policy for {0} that lets the role of this key insert.";
    }
    if (code == "42501") {
        return "Run in SQL: grant select, insert, update on {0} to service_role; (or the role of the key used).";
    }
    if (code == "42P10") {
        return "The table needs a unique key on its id column: alter table {0} add primary key (id); (or the column "
               "that MESSAGE_COLUMNS maps id to).";
    }
    if (code == "PGRST204" || code == "42703") {
        return "Check the columns of {0} and MESSAGE_COLUMNS; after a change of the schema run: notify pgrst, 'reload "
               "schema';";
    }
    if (code == "25006") {
        return "The database is read-only: look for a full disk or a paused project.";
    }
    if (status == 401 || code.starts_with("PGRST30")) {
        return "Check the Supabase key: it must be a current key of this project.";
    }
    if (status == 404 || code == "42P01" || code == "PGRST205") {
        return "Check that {0} exists (CONVERSATION_TABLE, MESSAGE_TABLE) and that SUPABASE_URL is the project's URL.";
    }
    if (status == 402 || status == 540) {
        return "The project is paused or over its quota: look at the Supabase dashboard.";
    }
    if (is_sqlstate(code) && code.starts_with("42")) {
        return "Check the columns of {0}, their types, and what depends on them.";
    }
    return "Check SUPABASE_URL and the key.";
}

} // namespace

Fault classify(http::Outcome const& outcome)
{
    auto const* reply = std::get_if<http::Reply>(&outcome);
    if (!reply) {
        return calls::may_pass(outcome) ? Fault::retry : Fault::fatal;
    }
    if (reply->succeeded()) {
        return Fault::none;
    }
    auto const error = read_error(reply->body);
    auto const& code = error.code;
    if (reply->status == 401 || reply->status == 403) {
        return Fault::fatal;
    }
    if (is_broken_connection(*reply, error)) {
        return Fault::retry;
    }
    if (auto const fault = classify_code(code, reply->status)) {
        return *fault;
    }
    auto const fault = classify_status(reply->status);
    if (fault != Fault::unknown) {
        return fault;
    }
    // A 500 with a code of the database has a lasting reason; one with a proxy's own code may pass.
    bool const server_trouble = reply->status != 500 || !is_sqlstate(code);
    return calls::may_pass(outcome) && server_trouble ? Fault::retry : Fault::unknown;
}

bool may_be_stale_cache(http::Outcome const& outcome)
{
    auto const* reply = std::get_if<http::Reply>(&outcome);
    auto const code = reply && reply->status >= 400 ? read_error(reply->body).code : std::string{};
    return code == "PGRST204" || code == "42703";
}

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
    auto const error = read_error(reply->body);
    text += is_broken_connection(*reply, error) ? ", PostgREST lost its connection to the database" : "";
    if (!error.code.empty()) {
        text += ", " + printable(error.code, 20);
    }
    if (is_own_message(error.message)) {
        text += ": " + printable(error.message);
        text += is_own_message(error.hint) ? " (hint: " + printable(error.hint) + ")" : "";
    }
    return text;
}

std::string advice(http::Outcome const& outcome, std::string const& table)
{
    auto const* reply = std::get_if<http::Reply>(&outcome);
    if (!reply) {
        return "Check SUPABASE_URL, the network and, for private certificates, CA_FILE.";
    }
    auto const quoted = fmt::format("public.\"{}\"", printable(table));
    return fmt::format(fmt::runtime(advice_about(read_error(reply->body), reply->status)), quoted);
}

} // namespace backfill::supabase
