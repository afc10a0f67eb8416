#pragma once

#include "support/subprocess.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace backfill::test {

/// How the ids of conversations and messages are written, in their tables and by Freshchat.
enum class IdForm {
    uuid,                ///< in lower case
    upper,               ///< Freshchat writes UUIDs in upper case
    mixed,               ///< letters of either case, whose order depends on the collation
    numbers,             ///< of conversations only
    upper_conversations, ///< the ids of conversations in upper case, those of messages in lower case
};

/// What a command must come to.
struct Wanted {
    int code = 0;
    std::string said = {}; ///< a piece of either stream; empty = anything
};

/// Tables as somebody else made them, and what each command must come to with them. Freshchat holds six conversations
/// with 3, 2, 4, 1, 2 and 3 messages; the first of all is from 2020, the others from 2025. `source` has the
/// conversations' ids and times, and $1 to $6 in SQL and settings are their ids.
struct Shape {
    std::string name;
    std::string sql; ///< makes the tables C and M, unless the settings name others
    Environment settings = {};
    std::size_t stored = 15; ///< rows of M after the first run and after every later one
    Wanted run = {};
    Wanted again = {};
    Wanted verify = {};
    Wanted doctor = {}; ///< before the first run
    IdForm ids = IdForm::uuid;
    bool sql_mends = false;        ///< the statement that the run's advice gives makes the next run store all
    std::string holds = {};        ///< an SQL condition that is true at the end
    std::string rows_of = "\"M\""; ///< where the rows are counted
    std::optional<std::size_t> with_messages = {}; ///< conversations at the end, where `stored` does not tell

    /// The command `schema` makes the tables, with the settings, in a database that holds no more than `before` makes;
    /// `sql` fills them.
    bool by_schema = false;
    std::string before = {};
};

std::vector<Shape> shapes();

} // namespace backfill::test
