#include "backfill/supabase/message_table.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/supabase/id_spelling.hpp"
#include "supabase/find_rows.hpp"
#include "supabase/keyset.hpp"
#include "supabase/wordings.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace backfill::supabase {

std::string MessageTableLayout::column_of(std::string const& field) const
{
    auto const found = std::ranges::find(columns, field, &Column::field);
    return found == columns.end() ? field : found->name;
}

bool MessageTableLayout::parts_by_conversation() const
{
    return std::ranges::find(key, column_of("conversationid")) != key.end();
}

std::string MessageTableLayout::column_list() const
{
    std::string list;
    for (auto const& column : columns) {
        list.append(list.empty() ? "" : ",").append(column_name(column.name));
    }
    return list;
}

std::string MessageTableLayout::key_list() const
{
    std::string list;
    for (auto const& name : key) {
        list.append(list.empty() ? "" : ",").append(column_name(name));
    }
    return list.empty() ? column_name(column_of("id")) : list;
}

bool MessageTableLayout::key_may_change() const
{
    return std::ranges::any_of(
        key, [this](auto const& name) { return name != column_of("id") && name != column_of("conversationid"); });
}

std::string MessageTableLayout::key_sql() const
{
    std::string list;
    for (auto const& name : key.empty() ? std::vector{column_of("id")} : key) {
        list.append(list.empty() ? "" : ", ").append(sql_name(name));
    }
    return list;
}

std::string MessageTableLayout::resolution() const
{
    return on_conflict == OnConflict::ignore ? "resolution=ignore-duplicates" : "resolution=merge-duplicates";
}

MessageTable::MessageTable(Postgrest& postgrest, MessageTableLayout layout, EndOfPages end, std::size_t longest_page)
    : postgrest_{postgrest}, layout_{std::move(layout)}, end_{end}, longest_page_{longest_page}
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
    Spellings const asked{ids};
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
        bool const never_fits = answer.fault == Fault::poison && answer.code.starts_with("22");
        if (never_fits) {
            return; // the column's type refuses the id, so nothing is stored under it
        }
        if (answer.fault != Fault::none) {
            found.failed.emplace(ids.front(), "its stored messages could not be looked up: " + answer.failure);
            return;
        }
        if (answer.rows.empty()) {
            return;
        }
        for (auto const& row : answer.rows) {
            if (auto const* const one = asked.find(row[1])) {
                found.by_conversation[*one].emplace(row[0]);
            }
        }
        if (is_last_page(answer.rows.size())) {
            return;
        }
    }
}

bool MessageTable::is_last_page(std::size_t rows)
{
    if (std::exchange(longest_page_of_, rows_per_page_) != rows_per_page_) {
        longest_page_ = 0;
    }
    bool const is_shorter = rows < longest_page_;
    longest_page_ = std::max(longest_page_, rows);
    return is_shorter && end_ == EndOfPages::shorter_page;
}

std::vector<std::optional<ConversationId>> MessageTable::stored_among(
    std::vector<Row> const& rows, std::stop_token const& stop)
{
    std::vector<std::optional<ConversationId>> stored;
    if (layout_.parts_by_conversation()) {
        std::set<ConversationId> conversations;
        for (auto const& row : rows) {
            conversations.emplace(row.conversation);
        }
        auto const found = stored_ids({conversations.begin(), conversations.end()}, stop);
        for (auto const& row : rows) {
            auto const ids = found.by_conversation.find(std::string{row.conversation});
            bool const is_stored = ids != found.by_conversation.end()
                && (ids->second.contains(row.id) || ids->second.contains(folded(row.id)));
            stored.push_back(is_stored ? std::optional{ConversationId{}} : std::nullopt);
        }
        return stored;
    }
    std::vector<std::string> ids;
    std::ranges::transform(rows, std::back_inserter(ids), [](Row const& row) { return std::string{row.id}; });
    std::unordered_map<std::string, ConversationId> found;
    for (auto& [asked, id, conversation] : find_rows(
             postgrest_, layout_.table, {layout_.column_of("id"), layout_.column_of("conversationid")}, ids, stop)) {
        found.emplace(std::move(asked), std::move(conversation));
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto const one = found.find(ids[i]);
        stored.push_back(one == found.end()                           ? std::nullopt
                : folded(one->second) == folded(rows[i].conversation) ? std::optional{ConversationId{}}
                                                                      : std::optional{one->second});
    }
    return stored;
}

} // namespace backfill::supabase
