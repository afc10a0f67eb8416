#pragma once

#include "backfill/core/text_store.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace backfill {

/// The id of a Conversation row and, at Freshchat, of the conversation. Opaque: UUID, hex, number, with suffixes.
using ConversationId = std::string;

/// One row of the work list. `created_time` is verbatim as PostgREST sent it (microseconds matter to the cursor),
/// empty where the column is NULL.
struct Conversation {
    ConversationId id;
    std::string created_time;
    bool is_again = false; ///< an earlier run could not complete it: it comes behind the list, not at its place
};

/// What a row takes from a message; `other` is any further top-level field, copied as JSON.
enum class MessageField : std::uint8_t { id, conversation, actor_type, parts, created_time, raw, other };

/// A top-level field of a Freshchat message, and the column it is stored in.
struct Column {
    Column(std::string field, std::string name);

    std::string field; ///< at Freshchat
    std::string name;
    std::string key; ///< the name and its colon in a JSON object
    MessageField kind;
};

/// What a row consists of, in the order of MESSAGE_COLUMNS. `id` and `conversationid` are always among them.
using Columns = std::vector<Column>;

/// The fields of kind `other`, which a walk must keep.
std::vector<std::string> other_fields(Columns const& columns);

/// What the text of a message has of parts that are no text.
enum class OtherParts : std::uint8_t {
    none,
    describe, ///< words: "[image: https://…]", "[button: Pay now]"
};

/// What is kept of a message beside its ids, types, time and texts.
struct MessageExtras {
    std::vector<std::string> fields{}; ///< top-level keys, for Message::fields
    bool raw = false;                  ///< fill Message::raw
    OtherParts other_parts = OtherParts::none;
};

/// The parts of a Freshchat message that this program needs. All texts are valid UTF-8 without NUL; the views point
/// into the TextStore that the message was read with.
struct Message {
    std::string_view id;                                     ///< `id`, else `uuid`; empty when it has neither
    std::string_view actor_type;                             ///< as received, empty when absent
    std::string_view message_type;                           ///< as received, empty when absent
    std::string_view created_time;                           ///< as received, empty when absent
    std::vector<std::string_view> part_texts;                ///< the text of each part that has one, uncleaned
    std::vector<std::pair<std::string, std::string>> fields; ///< further fields asked for: name → JSON text
    std::string raw;              ///< the whole message as JSON text, if asked for or when it has no id
    bool has_other_parts = false; ///< some that are no text, whether described or not
};

/// A row for the Message table, encoded once. `time_key` orders the rows of a conversation: microseconds since 1970.
/// The views point into the conversation's id and into the TextStore that the row was made with.
struct Row {
    std::string_view id;
    std::string_view conversation;
    long long time_key = 0;
    std::string_view json;   ///< one JSON object with every mapped column
    bool was_stored = false; ///< the look-up found its id in the table
    bool lacks_text = false; ///< its text is empty, since its message has other parts only
};

/// 500 rows is where PostgREST's cost per row stops falling (measured: 12 k rows/s at 100, 20 k at 500, 21 k at 5000);
/// 1 MB stays below the body limits of common proxies.
struct ChunkLimits {
    std::size_t rows = 500;
    std::size_t bytes = 1'000'000;
};

using MessageIds = std::unordered_set<std::string, TextHash, std::equal_to<>>;

} // namespace backfill
