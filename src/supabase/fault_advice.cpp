#include "supabase/fault.hpp"

#include "backfill/core/printable.hpp"
#include "supabase/wordings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <variant>

namespace backfill::supabase {
namespace {

/// The table that a request was for.
struct Target {
    std::string sql;
    std::string_view name;
    std::string_view schema;
    std::string key; ///< that upserts meet; empty for the conversation table, and for look-ups

    bool is_read() const { return key.empty(); }
};

constexpr auto* kToTheRole = "to service_role; (or the role of the key used)";

std::string advice_about_policies(std::string_view relation, Target const& target)
{
    bool const is_ours = relation.empty() || relation == target.name;
    return fmt::format("Use SUPABASE_SERVICE_ROLE_KEY, or add policies for {} that let the role of this key select and "
                       "insert (with ON_CONFLICT=update: update, too).",
        is_ours ? target.sql : printable(sql_name(relation)));
}

/// PostgreSQL names what the role may not use: the table itself, or what a trigger, a policy or a view of it needs.
std::string advice_about_right(Told const& told, Target const& target)
{
    if (told.wording.find("row-level security") != std::string_view::npos) {
        return advice_about_policies(told["relation"], target);
    }
    auto const grant =
        fmt::format("grant select{} on {} {}", target.is_read() ? "" : ", insert, update", target.sql, kToTheRole);
    auto const kind = told["kind"];
    auto const name = told["object"];
    if (name.empty()) {
        return fmt::format("Look at the triggers, policies and functions of {}, which may raise this or lack a right "
                           "themselves; if it is the table itself that the role may not use: {}.",
            target.sql, grant);
    }
    if (name == target.name) {
        return fmt::format("Run in SQL: {}.", grant);
    }
    auto const object = fmt::format("{} {}", kind, printable(sql_name(name)));
    if (kind == "schema" && name == target.schema) {
        return fmt::format("Run in SQL: grant usage on {} {}.", object, kToTheRole);
    }
    if (kind == "sequence" || kind == "schema") {
        auto const sql = fmt::format("Run in SQL: grant usage on {} {}", object, kToTheRole);
        return kind == "sequence" ? fmt::format("A default or a trigger of {} needs {}. {}.", target.sql, object, sql)
                                  : fmt::format("A trigger, policy or view of {} needs {}. {}, or declare the "
                                                "function `security definer`.",
                                      target.sql, object, sql);
    }
    return fmt::format("A trigger, policy or view of {} needs {}: grant the role of the key what it needs there, or "
                       "declare the function `security definer`.",
        target.sql, object);
}

struct RowAdvice {
    std::string_view code;           ///< or its beginning
    std::string_view text;           ///< {} is the table
    std::string_view elsewhere = {}; ///< where the message names another table; empty = the same
};

constexpr std::array kRowAdvice{
    RowAdvice{"23502",
        "The column must have a value, and no message brings it: give it a default, let a trigger fill it, or map a "
        "field to it in MESSAGE_COLUMNS.",
        "Its column must have a value: give it a default."},
    RowAdvice{"23503", "The key refers to a row that is not there: store that first, or drop the constraint."},
    RowAdvice{"23505",
        "The row violates another unique key than that of the upserts. If it is one of {0}, name the right one in "
        "MESSAGE_KEY, "
        "or "
        "drop it; if it is one of a table that a trigger of {0} writes to, fix the trigger."},
    RowAdvice{"23514", "Change the constraint that keeps such messages out, or create the partition that is missing."},
    RowAdvice{"23P01", "Change or drop the exclusion constraint that keeps such messages out."},
    RowAdvice{"22001", "Widen the column: a message does not fit."},
    RowAdvice{"22", "A column of {} is of another type than what is written to it: see MESSAGE_COLUMNS."},
    RowAdvice{"42804", "A column of {} is of another type than what is written to it: see MESSAGE_COLUMNS."},
    RowAdvice{"428C9",
        "The database fills the column itself (generated, identity). Name another one for its field in "
        "MESSAGE_COLUMNS, of type text; fields other than id and conversationid may be left out there."},
    RowAdvice{"42809", "No rows can be written to {}, a materialized view or the like: name the table behind it."},
    RowAdvice{"42", "Look at the triggers, policies and defaults of {}: one names what is not there."},
    RowAdvice{"44",
        "The check option of the view keeps such messages out: change the view's condition, or name the table "
        "behind it."},
    RowAdvice{"0A000",
        "A rule on {} (`create rule`), or the way it is defined as a view, stands in the way of upserts: drop the rule "
        "(a trigger can do its work), or name the table behind the view."},
    RowAdvice{"55000",
        "Where the unique key of {} is deferrable, upserts need one that is not: drop it and add it again without "
        "`deferrable`. Where it is a view that cannot be inserted into, name the table behind it."},
    RowAdvice{"", "Look at the triggers and functions of {}."},
};

/// What keeps a row, or every row, out: the message names the column or the constraint.
std::string advice_about_row(std::string_view code, Told const& told, Target const& target)
{
    if (auto const type = told["enum"]; !type.empty()) { // as SQL has it
        return fmt::format(
            "A column of {} is an enum that lacks a value which Freshchat sends: alter type {} add value "
            "'…'; or make it text.",
            target.sql, printable(type));
    }
    if (auto const type = told["domain"]; !type.empty()) {
        return fmt::format(
            "The domain {} keeps it out: change its constraint, or give the column another type.", printable(type));
    }
    auto const* const found =
        std::ranges::find_if(kRowAdvice, [code](auto const& advice) { return code.starts_with(advice.code); });
    auto text = fmt::format(fmt::runtime(found->text), target.sql);
    auto const relation = told["relation"];
    if (auto const column = told["column"]; !column.empty()) {
        text = fmt::format("Column {}: {}", printable(sql_name(column)), text);
    } else if (auto const constraint = told["constraint"]; !constraint.empty()) {
        text = fmt::format("Constraint {}: {}", printable(sql_name(constraint)), text);
    }
    if (!code.starts_with("23") || relation.empty() || relation == target.name) {
        return text;
    }
    return fmt::format("The relation {} keeps it out. A trigger of {} writes to it, unless that is a view of it or "
                       "parted into it. {}",
        printable(sql_name(relation)), target.sql, found->elsewhere.empty() ? text : found->elsewhere);
}

/// 42703: of the request itself, or of a trigger.
std::string advice_about_column(Told const& told, Target const& target)
{
    auto const relation = told["relation"];
    if (auto const field = told["field"]; !field.empty()) {
        return fmt::format("A trigger function of {} uses the column {}, which the row that it works on lacks: add the "
                           "column, or fix the function.",
            target.sql, printable(sql_name(field)));
    }
    if (!relation.empty() && relation != target.name) {
        return fmt::format("A trigger, policy or function of {} names a column that {} lacks: fix it.", target.sql,
            printable(sql_name(relation)));
    }
    return fmt::format("Check the columns of {} against {}{}. After a change of the schema, run: notify pgrst, 'reload "
                       "schema'; If they are right, a {} names the column.",
        target.sql, target.is_read() ? "CONVERSATION_COLUMNS or MESSAGE_COLUMNS" : "MESSAGE_COLUMNS and MESSAGE_KEY",
        target.is_read() ? "" : " (`freshchat-backfill schema` prints the SQL that adds those that are missing)",
        target.is_read() ? "policy or view" : "trigger or policy");
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

std::string advice_about_table(Target const& target)
{
    return fmt::format("Check that {} exists (CONVERSATION_TABLE, MESSAGE_TABLE, SUPABASE_SCHEMA; "
                       "`freshchat-backfill schema` prints the SQL that makes it), that its schema is exposed "
                       "(project settings, Data API), and that SUPABASE_URL is the project's URL.{} After a "
                       "change of the schema, run: notify pgrst, 'reload schema';",
        target.sql,
        target.name.find('.') == std::string_view::npos ? "" : " A schema is named in SUPABASE_SCHEMA, not here.");
}

/// Of the database, or made up by a trigger: then the status is, too.
std::string advice_about_state(ErrorBody const& error, Target const& target)
{
    auto const& code = error.code;
    auto const told = read_message(error.message).value_or(Told{});
    if (code == "42501") {
        return advice_about_right(told, target);
    }
    if (code == "42P10") {
        return fmt::format(
            "An upsert needs a unique key on exactly ({0}), not a partial one. For a table, in SQL: create "
            "unique index on {1} ({0}); for a view: such a key of the table behind it (a materialized one, or one with "
            "an INSTEAD OF trigger, takes no upsert); for a partitioned table: a key that holds the "
            "partition's column, too. A key with other columns is named in MESSAGE_KEY (unset: the id "
            "alone). All that a run needs, as SQL: `freshchat-backfill schema`.",
            target.is_read() ? "id" : printable(target.key), target.sql);
    }
    if (code == "42703") {
        return advice_about_column(told, target);
    }
    bool const names_another = told["object"].find(target.name) == std::string_view::npos && !told["object"].empty();
    if (code == "42P01" && !names_another) {
        return advice_about_table(target);
    }
    if (code == "25006") {
        return "The database is read-only: look for a full disk or a paused project.";
    }
    if (code == "57014") {
        return fmt::format(
            "The statement took longer than the role's statement_timeout: an index on what it asks for, or a "
            "longer timeout, helps ({}).",
            target.sql);
    }
    if (is_of_the_server(code)) {
        return "The database is overloaded or restarts: run it again later. Check SUPABASE_URL and that the project is "
               "up.";
    }
    return advice_about_row(code, told, target);
}

/// PostgREST 12 says 400 to a head of more than 50 kB, in plain text.
bool is_refused_for_length(http::Reply const& reply, std::size_t query_bytes)
{
    constexpr std::size_t kShortest = 3000; // with the other headers, its echo fills a proxy's 4 kB
    constexpr std::array kStatuses{400, 413, 414, 431, 502};
    return query_bytes > kShortest && error_of(reply).code.empty()
        && std::ranges::find(kStatuses, reply.status) != kStatuses.end();
}

std::string advice_about(ErrorBody const& error, int status, Target const& target)
{
    auto const& code = error.code;
    if (is_sqlstate(code)) {
        return advice_about_state(error, target);
    }
    if (code == "PGRST204") {
        return advice_about_column({}, target);
    }
    if (status == 401 || code.starts_with("PGRST30")) {
        return advice_about_key(error);
    }
    if (code == "PGRST106") {
        return "Expose the schema (project settings, Data API), or set SUPABASE_SCHEMA to one that is exposed.";
    }
    if (status == 404 || code == "PGRST205") {
        return advice_about_table(target);
    }
    if (status == 402 || status == 540) {
        return "The project is paused or over its quota: look at the Supabase dashboard.";
    }
    if (code.starts_with("PGRST00")) {
        return "The API cannot read the database's schema: is the Data API switched on, do all exposed schemas exist "
               "(project settings, Data API), is the database overloaded?";
    }
    return status >= 500 ? "Check SUPABASE_URL and that the project is up." : "Check SUPABASE_URL and the key.";
}

} // namespace

std::string advice(http::Outcome const& outcome, std::string const& schema, std::string const& table,
    std::string const& key, std::size_t query_bytes)
{
    auto const* reply = std::get_if<http::Reply>(&outcome);
    if (!reply) {
        return "Check SUPABASE_URL and that the project is up, the network and, for private certificates, CA_FILE.";
    }
    if (is_refused_for_length(*reply, query_bytes)) {
        return fmt::format(
            "The query has {} bytes, and a proxy on the way refuses a long URL (nginx from 8 kB on; from 4 kB "
            "on with 502, since the answer repeats it). Shorten CONVERSATION_FILTER (--where): a condition on "
            "a column in place of a list of ids, or the ids in CONVERSATIONS_FILE, which is asked for in parts.",
            query_bytes);
    }
    auto const exposed = schema.empty() ? std::string{"public"} : schema;
    return advice_about(error_of(*reply), reply->status, {printable_sql_table(exposed, table), table, exposed, key});
}

} // namespace backfill::supabase
