#include "backfill/supabase/preflight.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/json_reader.hpp"
#include "backfill/core/printable.hpp"
#include "supabase/fault.hpp"
#include "supabase/keyset.hpp"
#include "supabase/time_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <string_view>
#include <utility>

namespace backfill::supabase {
namespace {

/// Even what may pass is fatal here: before the first batch there is nothing to go on with.
template <typename Prove>
auto proving(Prove prove)
{
    try {
        return prove();
    } catch (BatchError const& error) {
        throw FatalError{error.what(), error.advice()};
    }
}

/// Where an upsert has no rows, nothing else is left to raise these: rights, columns, keys and views that take no rows
/// have other codes.
bool is_of_a_trigger(std::string_view code)
{
    return is_sqlstate(code) && !is_of_the_server(code) && !code.starts_with("42") && !code.starts_with("55")
        && !code.starts_with("25") && code != "0A000";
}

/// Reads rows that meet a condition of the user, whose own read has just passed: what is refused is the condition, or
/// its length.
void prove_condition(Postgrest& postgrest, ConversationTable const& table, std::string const& condition,
    std::string const& blamed, std::string const& to_do, std::stop_token const& stop)
{
    Answer answer;
    try {
        Query const query{table.name, "select=" + column_name(table.id) + "&limit=1&" + condition, {}, {table.id}};
        answer = postgrest.get(query, stop);
        if (answer.fault != Fault::too_long) {
            answer = required(std::move(answer), table.name);
        }
    } catch (FatalError const& error) {
        auto const found = error.found();
        auto const known = about(table.name);
        throw FatalError{blamed + ": " + (found.starts_with(known) ? found.substr(known.size()) : found), to_do};
    }
    required(std::move(answer), table.name);
}

/// A column by whose time the settings choose rows.
struct TimeChoice {
    std::string column;
    std::string_view setting;
    std::string_view mapping; ///< that names another
};

/// That they compare as times. Where the API tells no types, a column that takes no time shows when it is compared to
/// one; nothing shows that it is text.
void prove_times(Postgrest& postgrest, ConversationTable const& table, std::stop_token const& stop)
{
    std::vector<TimeChoice> choices;
    if (table.is_chosen_by_created_time) {
        choices.push_back({table.created_time, "CREATED_FROM or CREATED_TO", "created_time=COLUMN"});
    }
    if (!table.updated_time.empty()) {
        choices.push_back({table.updated_time, "UPDATED_SINCE", "created_time,updated_time=COLUMN"});
    }
    auto const text = choices.empty() ? std::nullopt : postgrest.description(stop);
    auto const document = text ? read_json(*text) : std::nullopt;
    for (auto const& [column, setting, mapping] : choices) {
        auto const others =
            fmt::format("Or name another column in CONVERSATION_COLUMNS (id,{}), or unset {}.", mapping, setting);
        if (document) {
            TimeColumns const columns{document->root()["definitions"], postgrest.schema(), table.name};
            if (auto const doubt = columns.doubt_about_comparing(column); !doubt.found.empty()) {
                throw FatalError{
                    fmt::format("{} chooses by time, and {}", setting, doubt.found), doubt.advice + " " + others};
            }
        }
        prove_condition(postgrest, table, column_name(column) + "=gte.1970-01-01T00:00:00Z",
            fmt::format("{} needs the column {} of table {}", setting, printable(column), printable(table.name)),
            "It must be a timestamptz. " + others, stop);
    }
}

} // namespace

std::size_t prove_conversations(Postgrest& postgrest, ConversationTable const& table, std::stop_token const& stop)
{
    auto const rows = proving([&] {
        auto const time = table.created_time.empty() ? "" : "," + column_name(table.created_time);
        auto const answer = get_counted(
            postgrest, {table.name, "select=" + column_name(table.id) + time + "&limit=1", {}, {table.id}}, stop);
        return std::max(answer.total.value_or(0), answer.rows.size()); // an estimate may be 0
    });
    prove_filters(postgrest, table, stop);
    return rows;
}

void prove_filters(Postgrest& postgrest, ConversationTable const& table, std::stop_token const& stop)
{
    proving([&] {
        for (auto const& filter : table.filters) {
            prove_condition(postgrest, table, filter.query(),
                fmt::format("CONVERSATION_FILTER (--where) {} is refused", printable(filter.text())),
                fmt::format("Check that table {} has the column (upper and lower case count), and that its type takes "
                            "the operator and the value. The form is PostgREST's: status=neq.resolved, "
                            "channel_id=in.(a,b), assigned_to=is.null.",
                    printable(table.name)),
                stop);
        }
        prove_times(postgrest, table, stop);
    });
}

bool prove_reading(Postgrest& postgrest, MessageTableLayout const& messages, std::stop_token const& stop)
{
    return proving([&] {
        Query query{messages.table, "select=" + messages.column_list() + "&limit=1", {}, {messages.column_of("id")}};
        query.conflict_key = messages.key_sql(); // so that all rights are advised at once
        return !required(postgrest.get(query, stop), messages.table).rows.empty();
    });
}

std::optional<Doubt> prove_writing(
    Postgrest& postgrest, MessageTableLayout const& messages, std::stop_token const& stop)
{
    return proving([&]() -> std::optional<Doubt> {
        Query const query{messages.table, "on_conflict=" + messages.key_list() + "&columns=" + messages.column_list(),
            "handling=strict," + messages.resolution() + ",return=minimal,count=exact", {}, Divisible::no,
            Payload::rows, messages.key_sql()};
        auto answer = postgrest.post(query, "[]", stop);
        if (answer.fault != Fault::none && is_of_a_trigger(answer.code)) {
            return Doubt{about(messages.table) + "an upsert of no rows is refused: " + answer.failure,
                "A trigger for each statement does that, so the right to insert and the unique key cannot be known "
                "before rows are sent, which may pass. "
                    + answer.advice};
        }
        expect_resolution(required(std::move(answer), messages.table), messages);
        return std::nullopt;
    });
}

bool takes_upserts(Postgrest& postgrest, MessageTableLayout const& messages, std::stop_token const& stop)
{
    try {
        return !prove_writing(postgrest, messages, stop);
    } catch (FatalError const&) {
        return false;
    }
}

void expect_resolution(Answer const& answer, MessageTableLayout const& messages)
{
    // PostgREST echoes it whenever on_conflict is sent, unique key or not (42P10 tells of a missing key).
    if (answer.preference_applied.find("resolution=") == std::string::npos) {
        throw FatalError{about(messages.table) + "the answer to an upsert lacks the header Preference-Applied",
            "A proxy on the way strips it, and perhaps the request's Prefer header too, without which rows would be "
            "stored "
            "twice: let both pass."};
    }
}

Sight preflight(Postgrest& postgrest, ConversationTable const& conversations, MessageTableLayout const& messages,
    Access access, std::stop_token const& stop, std::vector<Postgrest*> others)
{
    std::stop_source enough;
    std::stop_callback const on_stop{stop, [&enough] { enough.request_stop(); }};
    auto const prove_aside = [&, until = enough.get_token()](auto prove) {
        auto const how = others.empty() ? std::launch::deferred : std::launch::async; // deferred: when its turn comes
        auto* const link = others.empty() ? &postgrest : others.back();
        if (!others.empty()) {
            others.pop_back();
        }
        return std::async(how, [=, &messages] { return prove(*link, messages, until); });
    };
    std::future<std::optional<Doubt>> writing;
    if (access == Access::write) {
        writing = prove_aside(prove_writing);
    }
    auto reading = prove_aside(prove_reading);
    try {
        Sight sight;
        sight.conversations = prove_conversations(postgrest, conversations, enough.get_token());
        sight.has_messages = reading.get();
        if (writing.valid()) {
            sight.unproven = writing.get();
        }
        return sight;
    } catch (...) {
        enough.request_stop(); // what the others find comes later in the order
        throw;
    }
}

} // namespace backfill::supabase
