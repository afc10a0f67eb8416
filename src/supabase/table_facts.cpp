#include "backfill/supabase/table_facts.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/text_store.hpp"
#include "backfill/core/timestamp.hpp"

#include "supabase/keyset.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_set>
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

/// The messages of one conversation come one after the other: each change of the id ends one.
class Sizes {
public:
    explicit Sizes(TableFacts& facts) : facts_{facts} {}

    void message_of(std::string_view conversation)
    {
        if (current_.messages > 0 && conversation == current_.id) {
            ++current_.messages;
            return;
        }
        end();
        current_ = {std::string{conversation}, 1};
    }

    void end()
    {
        if (current_.messages == 0) {
            return;
        }
        seen_.insert(ids_.keep(current_.id));
        if (!facts_.smallest || current_.messages < facts_.smallest->messages) {
            facts_.smallest = current_;
        }
        if (!facts_.largest || current_.messages > facts_.largest->messages) {
            facts_.largest = current_;
        }
        current_ = {};
    }

    bool has_messages(std::string_view conversation) const { return seen_.contains(conversation); }

private:
    TableFacts& facts_;
    ConversationSize current_;
    TextStore ids_;
    std::unordered_set<std::string_view> seen_;
};

} // namespace

TableFacts read_table_facts(Postgrest& postgrest, std::string const& conversation_table,
    MessageTableLayout const& messages, Listing listing, std::stop_token const& stop)
{
    TableFacts facts;
    auto const id = messages.column_of("id");
    auto const conversation = messages.column_of("conversationid");
    facts.messages = count_rows(postgrest, messages.table, id, {}, stop);
    facts.oldest = time_at(postgrest, messages, End::oldest, stop);
    facts.newest = time_at(postgrest, messages, End::newest, stop);
    Sizes sizes{facts};
    Keyset message_pages{
        postgrest, {messages.table, {conversation, id}, {0, 1}, {}, column_name(conversation) + "=not.is.null"}};
    for (auto page = message_pages.next(stop); !page.rows.empty(); page = message_pages.next(stop)) {
        for (auto const& row : page.rows) {
            sizes.message_of(row[0]);
        }
    }
    sizes.end();
    Keyset conversation_pages{postgrest, {conversation_table, {"id"}, {0}, {}, "id=not.is.null"}};
    for (auto page = conversation_pages.next(stop); !page.rows.empty(); page = conversation_pages.next(stop)) {
        facts.conversations += page.rows.size();
        for (auto const& row : page.rows) {
            if (!sizes.has_messages(row[0])) {
                ++facts.conversations_without_messages;
                if (listing == Listing::ids) {
                    facts.without_messages.emplace_back(row[0]);
                }
            }
        }
    }
    return facts;
}

ManyRows ask_for_many_rows(Postgrest& postgrest, std::string const& conversation_table, std::stop_token const& stop)
{
    constexpr std::size_t kAsked = 2 * kPageRows;
    Query const query{conversation_table, "select=id&limit=" + std::to_string(kAsked), "count=exact", {"id"}};
    auto const answer = required(postgrest.get(query, stop), conversation_table);
    return {kAsked, answer.rows.size(), answer.total.value_or(answer.rows.size())};
}

} // namespace backfill::supabase
