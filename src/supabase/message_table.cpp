#include "backfill/supabase/message_table.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "supabase/keyset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <unordered_set>
#include <utility>

namespace backfill::supabase {
namespace {

constexpr std::size_t kRefusedRowsAreASchema = 20;
constexpr std::chrono::seconds kSlow{4}; // half of the usual statement timeout
constexpr std::chrono::seconds kQuick{1};
constexpr std::size_t kLeastWhileSlow = 50; // if this takes long, the row count is not why
constexpr int kQuickUntilLarger = 10;

/// Sorts by id, since unsorted concurrent upserts deadlock. Only here: requests, and halves of a refused one, are cut
/// in order of time, so that no older row is missing before a stored one.
std::string body_of(std::span<Row const> rows)
{
    std::vector<Row const*> sorted;
    sorted.reserve(rows.size());
    std::size_t length = 2;
    for (auto const& row : rows) {
        sorted.push_back(&row);
        length += row.json.size() + 1;
    }
    std::sort(sorted.begin(), sorted.end(), [](auto const* a, auto const* b) { return a->id < b->id; });
    std::string body;
    body.reserve(length);
    body += '[';
    for (auto const* row : sorted) {
        body += body.size() == 1 ? "" : ",";
        body += row->json;
    }
    body += ']';
    return body;
}

/// Tells of an id whether it came back. PostgreSQL may spell an id differently (uuid), so compares nothing when as many
/// came as were `asked` for.
auto came_back(std::vector<KeyTexts> const& rows, std::size_t asked)
{
    bool const all = rows.size() == asked;
    std::unordered_set<std::string_view> ids;
    for (auto row = rows.begin(); !all && row != rows.end(); ++row) {
        ids.insert(row->front());
    }
    return [ids = std::move(ids), all](std::string_view id) { return all || ids.contains(id); };
}

} // namespace

std::string MessageTableLayout::column_of(std::string const& field) const
{
    auto const found = std::ranges::find(columns, field, &Column::field);
    return found == columns.end() ? field : found->name;
}

std::string MessageTableLayout::column_list() const
{
    std::string list;
    for (auto const& column : columns) {
        list += list.empty() ? "" : ",";
        list += column_name(column.name);
    }
    return list;
}

std::string MessageTableLayout::resolution() const
{
    return on_conflict == OnConflict::ignore ? "resolution=ignore-duplicates" : "resolution=merge-duplicates";
}

MessageTable::MessageTable(Postgrest& postgrest, MessageTableLayout layout)
    : postgrest_{postgrest}, layout_{std::move(layout)}
{
}

StoredIds MessageTable::stored_ids(std::vector<ConversationId> const& conversations, std::stop_token const& stop)
{
    StoredIds found;
    for (auto const& list : id_lists(conversations)) {
        look_up(list.ids, found, stop);
    }
    return found;
}

void MessageTable::look_up(std::span<ConversationId const> ids, StoredIds& found, std::stop_token const& stop)
{
    auto const look_up_halves = [&, half = ids.size() / 2] {
        look_up(ids.first(half), found, stop);
        look_up(ids.subspan(half), found, stop);
    };
    if (ids.size() > ids_per_look_up_) {
        look_up_halves();
        return;
    }
    auto const id = layout_.column_of("id");
    auto const conversation = layout_.column_of("conversationid");
    auto const filter = column_name(conversation) + "=in.(" + id_lists(ids).front().text + ")";
    Keyset pages{postgrest_, {layout_.table, {id, conversation}, {0}, filter}};
    pages.set_page_rows(rows_per_page_);
    for (;;) {
        auto const answer = pages.try_next(stop, kPageRows, ids.size() > 1 ? Divisible::yes : Divisible::no);
        rows_per_page_ = pages.page_rows();
        if (answer.fault != Fault::none && ids.size() > 1) {
            if (answer.fault != Fault::poison) {
                ids_per_look_up_ = std::min(ids_per_look_up_, (ids.size() + 1) / 2);
            }
            look_up_halves();
            return;
        }
        if (answer.fault != Fault::none) {
            found.failed.emplace(ids.front(), "its stored messages could not be looked up: " + answer.failure);
            return;
        }
        if (answer.rows.empty()) {
            return;
        }
        for (auto const& row : answer.rows) {
            found.by_conversation[std::string{row[1]}].emplace(row[0]);
        }
    }
}

void MessageTable::upsert(std::vector<Row> const& rows, std::vector<RowResult>& results, std::stop_token const& stop)
{
    results.assign(rows.size(), {RowResult::Fate::lost, "the upsert was not answered"});
    try {
        for (std::size_t begin = 0, size = 0; begin < rows.size(); begin += size) {
            size = std::min(rows.size() - begin, rows_per_request_);
            send(std::span{rows}.subspan(begin, size), std::span{results}.subspan(begin, size), stop);
        }
    } catch (BatchError const& error) {
        for (auto& result : results) {
            if (result.fate == RowResult::Fate::lost) {
                result.reason = error.what();
            }
        }
    }
}

void MessageTable::send(std::span<Row const> rows, std::span<RowResult> results, std::stop_token const& stop)
{
    auto const id = layout_.column_of("id");
    Query const query{layout_.table,
        "on_conflict=" + column_name(id) + "&columns=" + layout_.column_list() + "&select=" + column_name(id),
        layout_.resolution() + ",return=representation,count=exact", {id},
        rows.size() > 1 ? Divisible::yes : Divisible::no};
    auto const answer = postgrest_.post(query, body_of(rows), stop);
    if (answer.fault == Fault::smaller || answer.fault == Fault::too_long) {
        most_rows_ = rows_per_request_ = std::min(rows_per_request_, (rows.size() + 1) / 2);
    }
    if (answer.fault != Fault::none && rows.size() > 1) {
        auto const half = rows.size() / 2;
        send(rows.first(half), results.first(half), stop);
        send(rows.subspan(half), results.subspan(half), stop);
        return;
    }
    if (answer.fault != Fault::none) {
        note_refused(rows.front(), answer, results.front());
        return;
    }
    if (answer.preference_applied.find("resolution=") == std::string::npos) {
        throw FatalError{about(layout_.table) + "the upsert was taken as a plain insert",
            "The table needs a unique key on its id column."};
    }
    any_row_passed_ = true;
    if (answer.took) {
        note_speed(rows.size(), *answer.took);
    }
    auto const written = came_back(answer.rows, rows.size());
    std::vector<std::size_t> passed_over;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (written(rows[i].id)) {
            results[i] = {RowResult::Fate::written};
        } else {
            passed_over.push_back(i);
        }
    }
    settle(rows, passed_over, results, stop);
}

/// Tells why an upsert passed rows over: they were stored, perhaps by another run a moment ago, or a trigger swallowed
/// them.
void MessageTable::settle(std::span<Row const> rows, std::vector<std::size_t> const& passed_over,
    std::span<RowResult> results, std::stop_token const& stop)
{
    std::vector<std::string> ids;
    for (auto const i : passed_over) {
        ids.emplace_back(rows[i].id);
    }
    auto const id = layout_.column_of("id");
    auto next = passed_over.begin();
    for (auto const& list : id_lists(ids)) {
        Query const query{
            layout_.table, "select=" + column_name(id) + "&" + column_name(id) + "=in.(" + list.text + ")", {}, {id}};
        auto const answer = postgrest_.get(query, stop);
        if (answer.fault != Fault::none) {
            throw BatchError{
                about(layout_.table) + "rows that the upsert passed over could not be looked up: " + answer.failure};
        }
        auto const stored = came_back(answer.rows, list.ids.size());
        for (auto const& one : list.ids) {
            results[*next++] = stored(one)
                ? RowResult{RowResult::Fate::already_stored}
                : RowResult{RowResult::Fate::dropped,
                    "the database took it without an error and did not store it (a trigger?)"};
        }
    }
}

void MessageTable::note_speed(std::size_t rows, Clock::Duration took)
{
    if (took >= kQuick) {
        quick_in_a_row_ = 0;
    } else if (rows == rows_per_request_) { // a smaller one says nothing
        ++quick_in_a_row_;
    }
    if (took > kSlow) {
        rows_per_request_ = std::min(rows_per_request_, std::max((rows + 1) / 2, kLeastWhileSlow));
    } else if (quick_in_a_row_ == kQuickUntilLarger) {
        rows_per_request_ = std::min(2 * rows_per_request_, most_rows_);
        quick_in_a_row_ = 0;
    }
}

void MessageTable::note_refused(Row const& row, Answer const& answer, RowResult& result)
{
    result = {RowResult::Fate::refused, answer.failure, answer.code};
    if (any_row_passed_ || (refused_from_start_ > 0 && refused_code_ != answer.code)) {
        any_row_passed_ = true; // another code: the rows differ, so it is the rows
        return;
    }
    refused_code_ = answer.code;
    if (++refused_from_start_ == kRefusedRowsAreASchema) {
        throw FatalError{fmt::format("{}each of the first {} rows was refused, the last one (message {}) with {}",
                             about(layout_.table), kRefusedRowsAreASchema, printable(row.id), answer.failure),
            "Check the table's column types, constraints and triggers, and MESSAGE_COLUMNS."};
    }
}

} // namespace backfill::supabase
