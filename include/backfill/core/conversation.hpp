#pragma once

#include <string>
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
};

/// A top-level field of a Freshchat message, and the column that it goes to.
struct Column {
    std::string field;
    std::string name;
};

/// What a message becomes, in the order of the column list. `id` and `conversationid` are always among them.
using Columns = std::vector<Column>;

/// A Freshchat message as far as this program needs it. All texts are valid UTF-8 without NUL.
struct Message {
    std::string id;                                          ///< `id`, else `uuid`; empty when it has neither
    std::string actor_type;                                  ///< as received, empty when absent
    std::string message_type;                                ///< as received, empty when absent
    std::string created_time;                                ///< as received, empty when absent
    std::vector<std::string> part_texts;                     ///< the text of each part that has one, uncleaned
    std::vector<std::pair<std::string, std::string>> fields; ///< further fields asked for: name → JSON text
    std::string raw; ///< the whole message as JSON text, where asked for or without an id
};

/// A row for the Message table, encoded once. `time_key` orders the rows of a conversation: microseconds since 1970.
struct Row {
    std::string id;
    ConversationId conversation;
    long long time_key = 0;
    std::string json; ///< one JSON object with every mapped column
};

} // namespace backfill
