#pragma once

#include "backfill/supabase/id_spelling.hpp"
#include "backfill/supabase/table_facts.hpp"

#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>

namespace backfill::supabase {

/// Adds up how many messages conversations have.
struct MessageSizes {
    void add(ConversationSize const& one);

    std::size_t messages = 0;
    std::optional<ConversationSize> smallest;
    std::optional<ConversationSize> largest;
};

/// Tells which of the conversations given to it are in the conversation table and meet the filters. Their order, that
/// of a column of the message table, is mostly but not surely that of this one's. So at an id that is not known the
/// table is read from there on, which tells of the next ids too; where that brought little, ids are looked up in lists.
/// Memory does not grow. Throws as Postgrest does.
class Listed {
public:
    Listed(Postgrest& postgrest, ConversationTable const& table, std::stop_token const& stop);

    void meet(ConversationSize const& conversation);

    /// How many rows there were. Call at the end.
    std::size_t count();

    MessageSizes const& sizes() const { return sizes_; } ///< of these; call count() before

    /// Some UUIDs were not found, and the table, whose column is a text, has ids in upper case: they may be the same.
    /// Call count() before.
    bool may_be_spelt_otherwise() const;

private:
    void add(ConversationSize const& conversation, std::size_t rows);
    std::size_t on_page(std::string const& id) const;
    void wait_for(ConversationSize const& conversation);
    void read_from(std::string const& id);
    void look_up();

    Postgrest& postgrest_;
    ConversationTable const& table_;
    std::stop_token const& stop_;
    std::unordered_map<std::string, std::size_t> page_;    ///< ids, and how many rows have each
    std::size_t brought_;                                  ///< ids that the page told of, apart from the first
    std::unordered_map<std::string, std::size_t> waiting_; ///< ids, and how many messages have each
    bool lacks_uuids_ = false;
    std::size_t count_ = 0;
    MessageSizes sizes_;
};

/// All conversations that have messages, however their ids are spelled.
class WithMessages {
public:
    void add(ConversationSize const& one) { messages_[folded(one.id)] += one.messages; }

    /// Whether the conversation is among them.
    bool has(std::string_view id);

    MessageSizes const& sizes() const { return sizes_; } ///< of those that has() was asked for

private:
    std::unordered_map<std::string, std::size_t> messages_; ///< of those that has() was not asked for yet: else 0
    MessageSizes sizes_;
};

} // namespace backfill::supabase
