#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace backfill::test {

enum class OddIds { no, yes };
enum class InvalidText { no, yes };
enum class TableIds { uuid, number };

struct WorldOptions {
    std::uint64_t seed = 2; ///< 700 conversations of it hold 6 738 storable messages
    std::size_t conversations = 700;
    double messages_per_conversation = 9.6; ///< storable ones, on average
    std::size_t ties = 0;                   ///< so many conversations share one created_time
    std::size_t nulls = 0;                  ///< so many have no created_time
    std::size_t one_long = 0;               ///< messages of the last conversation; 0 = as any other
    OddIds odd_ids = OddIds::no; ///< yes: ids of every kind, conversations' also with , " \ ( ) space + % / é
    InvalidText invalid_text = InvalidText::no; ///< yes: NULs, lone surrogates and broken UTF-8 in some texts
    std::size_t email_only = 0;                 ///< so many of the first conversations consist of e-mails,
    std::size_t buttons_only = 0;               ///< so many after them of chosen buttons: no text, to the column
    TableIds table_ids = TableIds::uuid;        ///< by which of its ids the tables name a conversation
};

/// A row of the Conversation table.
struct WorldConversation {
    std::string id;
    std::optional<std::string> created_time; ///< "2025-07-10T19:47:55.442123Z"
};

/// The second id of the nth conversation, and the n of such an id, be there one or not.
std::string conversation_number(std::size_t index);
std::optional<std::size_t> conversation_index(std::string_view number);

/// What a message must become in the Message table with default settings.
struct ExpectedRow {
    std::string id;
    std::string conversationid;
    std::string actor_type;
    std::string message_parts;
    std::string created_time; ///< UTC, always six fraction digits: "2025-07-10T19:47:55.442000Z"

    bool operator==(ExpectedRow const&) const = default;
};

struct WorldMessage {
    std::string id;
    std::string json;               ///< as Freshchat sends it
    std::optional<ExpectedRow> row; ///< nothing: excluded (actor_type system, in any case)
};

/// Conversations and messages made from a seed: what Freshchat holds and, side by side, what the backfill must store.
/// Both are built from the same pieces of text instead of one from the other, and no product code is used, so a
/// mistake in the product's cleaning cannot hide here. The same options give the same world on every machine.
///
/// Nothing but an index (16 bytes a conversation) is kept in memory: messages are made when they are asked for. All
/// functions are const and may be called from any thread.
///
/// By index: the first `nulls` conversations have no created_time, the next `ties` share one, the last is the long one.
/// Times are in no order of index. About 15 % of the messages are the system's; 700 conversations at the default seed
/// hold about 6.7 k storable messages; some hold none, some 50, 51, 100 or 101.
class World {
public:
    static World make(WorldOptions options);

    WorldOptions const& options() const { return options_; }
    std::size_t size() const { return options_.conversations; }
    WorldConversation conversation(std::size_t index) const;
    std::string uuid(std::size_t index) const;                                   ///< or what odd ids have in its place
    std::optional<std::size_t> index_of(std::string_view conversation_id) const; ///< by either id

    std::size_t message_count(std::size_t index) const;
    /// Position 0 is the newest message.
    WorldMessage message(std::size_t index, std::size_t position) const;
    std::vector<WorldMessage> messages(std::size_t index) const;

    /// Rows that a backfill with default settings must leave in Message. Walks the whole world.
    std::size_t expected_row_count() const;

    /// For `COPY … FROM STDIN (FORMAT csv)`, without a header line: `id,created_time`; NULL is empty and unquoted,
    /// everything else is quoted.
    void write_conversations_csv(std::ostream& out) const;
    /// `id,conversationid,actor_type,message_parts,created_time`, in the order of conversations.
    void write_expected_messages_csv(std::ostream& out) const;

private:
    explicit World(WorldOptions options);

    WorldOptions options_;
    std::vector<std::pair<std::uint64_t, std::uint32_t>> by_hash_; ///< hash of the id, index; sorted
};

} // namespace backfill::test
