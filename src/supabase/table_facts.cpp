#include "backfill/supabase/table_facts.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/timestamp.hpp"
#include "backfill/http/endpoint.hpp"

#include "backfill/supabase/id_spelling.hpp"
#include "supabase/find_rows.hpp"
#include "supabase/keyset.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>
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

/// Adds up how many messages conversations have.
struct MessageSizes {
    void add(ConversationSize const& one)
    {
        messages += one.messages;
        smallest = smallest && smallest->messages <= one.messages ? smallest : one;
        largest = largest && largest->messages >= one.messages ? largest : one;
    }

    std::size_t messages = 0;
    std::optional<ConversationSize> smallest;
    std::optional<ConversationSize> largest;
};

/// Tells which of the conversations given to it are in the conversation table and meet the filters. Their order, that
/// of a column of the message table, is mostly but not surely that of this one's. So at an id that is not known the
/// table is read from there on, which tells of the next ids too; where that brought little, ids are looked up in lists.
class Listed {
public:
    Listed(Postgrest& postgrest, ConversationTable const& table, std::stop_token const& stop)
        : postgrest_{postgrest}, table_{table}, stop_{stop}
    {
    }

    void meet(ConversationSize const& conversation)
    {
        auto const& id = conversation.id;
        if (auto const rows = on_page(id); rows > 0) {
            ++brought_;
            add(conversation, rows);
        } else if (brought_ >= kWorthAPage) {
            read_from(id);
            brought_ = 0;
            if (auto const now = on_page(id); now > 0) {
                add(conversation, now);
            } else {
                wait_for(conversation);
            }
        } else {
            wait_for(conversation);
        }
    }

    /// How many rows there were. Call at the end.
    std::size_t count()
    {
        look_up();
        return count_;
    }

    MessageSizes const& sizes() const { return sizes_; } ///< of these; call count() before

private:
    static constexpr std::size_t kListIds = 50;
    static constexpr std::size_t kWorthAPage = kListIds;

    void add(ConversationSize const& conversation, std::size_t rows)
    {
        count_ += rows;
        sizes_.add(conversation);
    }

    /// How many rows of the page have it.
    std::size_t on_page(std::string const& id) const
    {
        auto const rows = page_.find(id); // one that only folds alike may be another: the database is asked
        return rows == page_.end() ? 0 : rows->second;
    }

    void wait_for(ConversationSize const& conversation)
    {
        waiting_.emplace(conversation.id, conversation.messages);
        if (waiting_.size() == kListIds) {
            look_up();
        }
    }

    void read_from(std::string const& id)
    {
        Keyset rows{postgrest_,
            {table_.name, {table_.id}, {0}, table_.condition(),
                column_name(table_.id) + "=gte." + http::percent_encoded(id)}};
        auto const answer = rows.try_next(stop_, kPageRows, Divisible::no);
        page_.clear(); // also where the column's type refuses the id
        for (auto const& row : answer.rows) {
            ++page_[std::string{row[0]}];
        }
        if (!answer.rows.empty()) { // there may be more rows with it
            page_.erase(std::string{answer.rows.back()[0]});
        }
    }

    void look_up()
    {
        std::vector<std::string> ids;
        std::ranges::transform(waiting_, std::back_inserter(ids), [](auto const& one) { return one.first; });
        for (auto const& row : find_rows(postgrest_, table_.name, {table_.id}, ids, stop_, table_.condition())) {
            ++count_;
            if (auto const size = waiting_.extract(row.asked)) { // the first of several rows
                sizes_.add({size.key(), size.mapped()});
            }
        }
        waiting_.clear();
        brought_ = kWorthAPage; // a page is worth another try
    }

    Postgrest& postgrest_;
    ConversationTable const& table_;
    std::stop_token const& stop_;
    std::unordered_map<std::string, std::size_t> page_;    ///< ids, and how many rows have each
    std::size_t brought_ = kWorthAPage;                    ///< ids that the page told of, apart from the first
    std::unordered_map<std::string, std::size_t> waiting_; ///< ids, and how many messages have each
    std::size_t count_ = 0;
    MessageSizes sizes_;
};

/// The ids of conversations that have messages, as the message table spells them.
class WithMessages {
public:
    void add(std::string const& id)
    {
        ids_.insert(id);
        if (auto text = folded(id); text != id) {
            spelt_otherwise_.emplace(std::move(text), id);
        }
    }

    /// Whether the id is among them as it is spelt. Remembers one that a column's type may take for another of them.
    bool has(std::string const& id)
    {
        if (ids_.contains(id)) {
            return true;
        }
        auto const text = folded(id);
        if (auto const other = spelt_otherwise_.find(text); other != spelt_otherwise_.end()) {
            doubtful_.push_back(other->second);
        } else if (ids_.contains(text)) {
            doubtful_.push_back(text);
        }
        return false;
    }

    /// The database tells which of these are in the conversation table.
    std::vector<std::string> const& doubtful() const { return doubtful_; }

private:
    std::unordered_set<std::string> ids_;
    std::unordered_map<std::string, std::string> spelt_otherwise_; ///< by what they fold to
    std::vector<std::string> doubtful_;
};

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
                tell(std::string{page.rows[i][0]}, size);
                told += std::exchange(size, 0);
            }
        }
        auto const encoded = http::percent_encoded(last);
        if (2 * told >= page.rows.size()) {
            pages.restart(name + "=gte." + encoded);
        } else {
            auto const condition = name + "=eq." + encoded;
            tell(last, count_rows(postgrest, messages.table, conversation, condition, stop).rows);
            pages.restart(name + "=gt." + encoded);
        }
    }
}

std::size_t count_conversations(Postgrest& postgrest, ConversationTable const& table, std::stop_token const& stop)
{
    auto const count = count_rows(postgrest, table.name, table.id, table.condition(), stop);
    if (count.is_exact) {
        return count.rows;
    }
    std::size_t rows = 0;
    Keyset pages{postgrest, {table.name, {table.id}, {0}, table.condition()}};
    for (auto page = pages.next(stop); !page.rows.empty(); page = pages.next(stop)) {
        rows += page.rows.size();
    }
    return rows;
}

} // namespace

TableFacts read_table_facts(Postgrest& postgrest, ConversationTable const& table, MessageTableLayout const& messages,
    Listing listing, std::stop_token const& stop)
{
    TableFacts facts;
    auto const conversation = messages.column_of("conversationid");
    facts.oldest = time_at(postgrest, messages, End::oldest, stop);
    facts.newest = time_at(postgrest, messages, End::newest, stop);
    bool const is_whole_table = table.filters.empty();
    MessageSizes all;
    Listed listed{postgrest, table, stop};
    WithMessages with_messages; // with Listing::ids, which walks the table anyway
    for_each_size(postgrest, messages, stop, [&](std::string const& id, std::size_t size) {
        all.add({id, size});
        if (listing == Listing::ids) {
            with_messages.add(id);
        }
        if (listing == Listing::counts || !is_whole_table) {
            listed.meet({id, size});
        }
    });
    auto const with = listed.count();
    auto const& sizes = is_whole_table ? all : listed.sizes();
    facts.smallest = sizes.smallest;
    facts.largest = sizes.largest;
    auto const of_no_conversation = column_name(conversation) + "=is.null";
    facts.messages = sizes.messages
        + (is_whole_table ? count_rows(postgrest, messages.table, conversation, of_no_conversation, stop).rows : 0);
    if (listing == Listing::counts) {
        facts.conversations = count_conversations(postgrest, table, stop);
        facts.conversations_without_messages = facts.conversations - std::min(facts.conversations, with);
        return facts;
    }
    Keyset pages{postgrest, {table.name, {table.id}, {0}, table.condition()}};
    for (auto page = pages.next(stop); !page.rows.empty(); page = pages.next(stop)) {
        facts.conversations += page.rows.size();
        for (auto const& row : page.rows) {
            if (!with_messages.has(std::string{row[0]})) {
                facts.without_messages.emplace_back(row[0]);
            }
        }
    }
    std::unordered_set<std::string> found;
    for (auto& row : find_rows(postgrest, table.name, {table.id}, with_messages.doubtful(), stop)) {
        found.insert(std::move(row.id));
    }
    std::erase_if(facts.without_messages, [&found](auto const& id) { return found.contains(id); });
    facts.conversations_without_messages = facts.without_messages.size();
    return facts;
}

} // namespace backfill::supabase
