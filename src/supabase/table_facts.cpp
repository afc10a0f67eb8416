#include "backfill/supabase/table_facts.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/timestamp.hpp"
#include "backfill/http/endpoint.hpp"

#include "backfill/supabase/id_spelling.hpp"
#include "supabase/conversation_sizes.hpp"
#include "supabase/keyset.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace backfill::supabase {
namespace {

enum class End { oldest, newest };

std::string time_at(Postgrest& postgrest, MessageTableLayout const& messages, End end, std::stop_token const& stop)
{
    auto const mapped = std::ranges::find(messages.columns, MessageField::created_time, &Column::kind);
    if (mapped == messages.columns.end()) {
        return {};
    }
    auto const name = column_name(mapped->name);
    Query const query{messages.table,
        "select=" + name + "&order=" + name + (end == End::oldest ? ".asc" : ".desc") + "&limit=1&" + name
            + "=not.is.null",
        {}, {mapped->name}};
    auto const answer = required(postgrest.get(query, stop), messages.table);
    if (answer.rows.empty()) {
        return {};
    }
    auto const time = parse_timestamp(answer.rows[0][0]);
    return time ? time->text : std::string{answer.rows[0][0]};
}

/// A run leaves such a row out.
bool is_blank(std::string_view id)
{
    return without_padding(id).empty();
}

/// Calls `tell` with each conversation that has messages, and their number. They come one after the other, in pages
/// that may end within one: the next page begins with it, or, where it fills much of a page, it is counted.
template <typename Tell>
void for_each_size(
    Postgrest& postgrest, MessageTableLayout const& messages, std::stop_token const& stop, Tell const& tell)
{
    auto const conversation = messages.column_of("conversationid");
    auto const name = column_name(conversation);
    Keyset pages{postgrest, {messages.table, {conversation}, {0}, {}, name + "=not.is.null"}};
    for (auto page = pages.next(stop); !page.rows.empty(); page = pages.next(stop)) {
        std::string const last{page.rows.back()[0]};
        std::size_t size = 0;
        std::size_t told = 0;
        for (std::size_t i = 0; page.rows[i][0] != last; ++i) {
            ++size;
            if (page.rows[i][0] != page.rows[i + 1][0]) {
                tell(ConversationSize{without_padding(page.rows[i][0]), size});
                told += std::exchange(size, 0);
            }
        }
        auto const encoded = http::percent_encoded(last);
        if (2 * told >= page.rows.size()) {
            pages.restart(name + "=gte." + encoded);
        } else {
            auto const condition = name + "=eq." + encoded;
            tell(ConversationSize{
                without_padding(last), count_rows(postgrest, messages.table, conversation, condition, stop).rows});
            pages.restart(name + "=gt." + encoded);
        }
    }
}

std::size_t count_blank(Postgrest& postgrest, ConversationTable const& table, std::stop_token const& stop)
{
    auto const condition = table.condition() + "&" + column_name(table.id) + "=match.%5E%20*%24";
    try {
        auto const count = count_rows(postgrest, table.name, table.id, condition, stop);
        return count.is_exact ? count.rows : 0;
    } catch (FatalError const&) {
        return 0; // a column of type uuid, or of numbers, has no such operator, and no such value
    }
}

std::size_t count_conversations(Postgrest& postgrest, ConversationTable const& table, std::stop_token const& stop)
{
    auto const count = count_rows(postgrest, table.name, table.id, table.condition(), stop);
    if (count.is_exact) {
        return count.rows - std::min(count.rows, count_blank(postgrest, table, stop));
    }
    std::size_t rows = 0;
    Keyset pages{postgrest, {table.name, {table.id}, {0}, table.condition()}};
    for (auto page = pages.next(stop); !page.rows.empty(); page = pages.next(stop)) {
        rows += static_cast<std::size_t>(
            std::ranges::count_if(page.rows, [](auto const& row) { return !is_blank(row[0]); }));
    }
    return rows;
}

} // namespace

TableFacts read_table_facts(Postgrest& postgrest, ConversationTable const& table, MessageTableLayout const& messages,
    Listing listing, std::stop_token const& stop)
{
    TableFacts facts;
    facts.oldest = time_at(postgrest, messages, End::oldest, stop);
    facts.newest = time_at(postgrest, messages, End::newest, stop);
    bool const is_whole_table = table.filters.empty();
    MessageSizes all;
    Listed listed{postgrest, table, stop};
    WithMessages with_messages; // with Listing::ids, which walks the table anyway
    for_each_size(postgrest, messages, stop, [&](ConversationSize const& one) {
        all.add(one);
        if (listing == Listing::ids) {
            with_messages.add(one);
        } else if (!one.id.empty()) {
            listed.meet(one);
        }
    });
    if (listing == Listing::counts) {
        auto const with = listed.count();
        if (listed.may_be_spelt_otherwise()) {
            auto exact = read_table_facts(postgrest, table, messages, Listing::ids, stop);
            exact.without_messages.clear();
            return exact;
        }
        facts.conversations = count_conversations(postgrest, table, stop);
        facts.conversations_without_messages = facts.conversations - std::min(facts.conversations, with);
    } else {
        Keyset pages{postgrest, {table.name, {table.id}, {0}, table.condition()}};
        for (auto page = pages.next(stop); !page.rows.empty(); page = pages.next(stop)) {
            for (auto const& row : page.rows) {
                if (is_blank(row[0])) {
                    continue;
                }
                ++facts.conversations;
                if (!with_messages.has(row[0])) {
                    facts.without_messages.emplace_back(row[0]);
                }
            }
        }
        facts.conversations_without_messages = facts.without_messages.size();
    }
    auto const& sizes = is_whole_table ? all : listing == Listing::ids ? with_messages.sizes() : listed.sizes();
    facts.smallest = sizes.smallest;
    facts.largest = sizes.largest;
    auto const conversation = messages.column_of("conversationid");
    auto const of_no_conversation = column_name(conversation) + "=is.null";
    facts.messages = sizes.messages
        + (is_whole_table ? count_rows(postgrest, messages.table, conversation, of_no_conversation, stop).rows : 0);
    return facts;
}

} // namespace backfill::supabase
