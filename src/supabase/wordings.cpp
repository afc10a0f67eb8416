#include "supabase/wordings.hpp"

#include "backfill/core/printable.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

namespace backfill::supabase {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kLongestName = 129; // two identifiers of 63 bytes, a dot and quotes
constexpr auto kValue = "value"sv;

/// A * is a word, which has no blank and so is no sentence; what stands in angle brackets is a name, which may hold
/// anything, or the value of a row, which is never told. Of two that fit, the first counts.
constexpr std::array kWordings{"permission denied for <kind> <object>"sv, "must be owner of <kind> <object>"sv,
    R"(new row violates row-level security policy for table "<relation>")"sv,
    R"(new row violates row-level security policy "<policy>" for table "<relation>")"sv,
    R"(new row violates row-level security policy (USING expression) for table "<relation>")"sv,
    R"(new row violates row-level security policy "<policy>" (USING expression) for table "<relation>")"sv,
    R"(cannot insert into view "<relation>")"sv, R"(cannot insert into column "<column>" of view "<relation>")"sv,
    R"(cannot insert into foreign table "<relation>")"sv, R"(cannot change materialized view "<relation>")"sv,
    R"(cannot perform INSERT RETURNING on relation "<relation>")"sv,
    "INSERT with ON CONFLICT clause cannot be used with table that has INSERT or UPDATE rules"sv,
    R"(null value in column "<column>" of relation "<relation>" violates not-null constraint)"sv,
    "domain <domain> does not allow null values"sv,
    R"(value for domain <domain> violates check constraint "<constraint>")"sv,
    R"(insert or update on table "<relation>" violates foreign key constraint "<constraint>")"sv,
    R"(duplicate key value violates unique constraint "<constraint>")"sv,
    R"(conflicting key value violates exclusion constraint "<constraint>")"sv,
    R"(new row for relation "<relation>" violates check constraint "<constraint>")"sv,
    R"(new row violates check option for view "<view>")"sv, R"(no partition of relation "<relation>" found for row)"sv,
    R"(invalid input value for enum <enum>: "<value>")"sv,
    R"(cannot insert a non-DEFAULT value into column "<column>")"sv, R"(relation "<object>" does not exist)"sv,
    R"(column "<column>" of relation "<relation>" does not exist)"sv, "column <column> does not exist"sv,
    R"(schema "<schema>" does not exist)"sv, R"(role "<role>" does not exist)"sv,
    R"(record "<record>" has no field "<field>")"sv, "value too long for type character(*)"sv,
    "value too long for type character varying(*)"sv,
    "ON CONFLICT does not support deferrable unique constraints/exclusion constraints as arbiters"sv,
    "there is no unique or exclusion constraint matching the ON CONFLICT specification"sv,
    "ON CONFLICT DO UPDATE command cannot affect row a second time"sv, "canceling statement due to statement timeout"sv,
    "canceling statement due to lock timeout"sv, "canceling statement due to user request"sv,
    "cannot execute * in a read-only transaction"sv, "could not serialize access due to concurrent update"sv,
    "deadlock detected"sv, "terminating connection due to administrator command"sv,
    "the database system is shutting down"sv, "the database system is starting up"sv,
    "the database system is in recovery mode"sv, "sorry, too many clients already"sv,
    "Could not find the '<column>' column of '<relation>' in the schema cache"sv,
    "Could not find the table '<relation>' in the schema cache"sv,
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
    "Grant the required privileges to the current role with: GRANT * ON <object> TO *;"sv,
    "Grant the required privileges to the current role with: GRANT *, * ON <object> TO *;"sv,
    "Grant the required privileges to the current role with: GRANT *, *, * ON <object> TO *;"sv, "JWT expired"sv,
    "JWSError *"sv, "JWT invalid"sv, "No suitable key or wrong key type"sv, "Anonymous access is disabled"sv,
    "Invalid API key"sv, "No API key found in request"sv,
    "Double check your Supabase `anon` or `service_role` API key."sv, "Tenant or user not found"sv,
    "Perhaps you meant to reference the table <relation>"sv, "Perhaps you meant to reference the column <column>"sv,
    "Perhaps you meant the table '<relation>'"sv};

/// Of the objects that a right can be on.
constexpr std::array kKinds{"table"sv, "view"sv, "materialized view"sv, "foreign table"sv, "sequence"sv, "schema"sv,
    "function"sv, "procedure"sv, "type"sv, "language"sv, "database"sv, "foreign server"sv};

using Names = std::vector<std::pair<std::string_view, std::string_view>>;

std::size_t longest(std::string_view text, std::string_view name)
{
    return name == "*"   ? std::min({text.find(' '), text.size(), kLongestName})
        : name == kValue ? text.size()
                         : std::min(text.size(), kLongestName);
}

/// The shortest text for each name, so that no value is taken for a part of one.
bool matches(std::string_view text, std::string_view wording, Names& names)
{
    auto const size = std::min(wording.find_first_of("*<"), wording.size());
    if (text.substr(0, size) != wording.substr(0, size)) {
        return false;
    }
    text.remove_prefix(size);
    wording.remove_prefix(size);
    if (wording.empty()) {
        return text.empty();
    }
    auto const end = wording.front() == '*' ? 0 : wording.find('>');
    auto const name = end == 0 ? wording : wording.substr(1, end - 1);
    auto const rest = wording.substr(end + 1);
    auto const most = longest(text, end == 0 ? "*" : name);
    for (std::size_t length = 1; length <= most; ++length) {
        auto const part = text.substr(0, length);
        bool const fits = name != "kind" || std::ranges::find(kKinds, part) != kKinds.end();
        if (fits) {
            names.emplace_back(name, part);
            if (matches(text.substr(length), rest, names)) {
                return true;
            }
            names.pop_back();
        }
    }
    return false;
}

/// Those that cannot name a column, though letters and digits only; all of PostgreSQL 15.
constexpr auto kReserved =
    " all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation "
    "column concurrently constraint create cross current_catalog current_date current_role current_schema current_time "
    "current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze "
    "from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like "
    "limit localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary "
    "references returning right select session_user similar some symmetric table tablesample then to trailing true "
    "union unique user using variadic verbose when where window with "sv;

} // namespace

std::string_view Told::operator[](std::string_view kind) const
{
    auto const found = std::ranges::find(names, kind, &std::pair<std::string_view, std::string_view>::first);
    return found == names.end() ? std::string_view{} : found->second;
}

std::optional<Told> read_message(std::string_view text)
{
    for (auto const& wording : kWordings) {
        Told told{wording, {}};
        if (matches(text, wording, told.names)) {
            return told;
        }
    }
    return std::nullopt;
}

std::optional<std::string> printable_message(std::string_view text)
{
    auto const told = read_message(text);
    if (!told) {
        return std::nullopt;
    }
    std::string shown{text};
    if (auto const value = (*told)[kValue]; !value.empty()) {
        shown.replace(static_cast<std::size_t>(value.data() - text.data()), value.size(), "…");
    }
    return printable(shown);
}

std::string sql_name(std::string_view name)
{
    constexpr auto kPlain = "abcdefghijklmnopqrstuvwxyz_0123456789"sv;
    bool const is_plain = !name.empty() && name.find_first_not_of(kPlain) == std::string_view::npos
        && (name.front() < '0' || name.front() > '9')
        && kReserved.find(' ' + std::string{name} + ' ') == std::string_view::npos;
    if (is_plain) {
        return std::string{name};
    }
    std::string sql = "\"";
    for (char const c : name) {
        sql += c == '"' ? "\"\"" : std::string(1, c);
    }
    return sql + '"';
}

std::string printable_sql_table(std::string_view schema, std::string_view table)
{
    return printable(sql_name(schema.empty() ? "public" : schema)) + '.' + printable(sql_name(table));
}

} // namespace backfill::supabase
