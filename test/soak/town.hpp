#pragma once

#include "support/simulator.hpp"
#include "support/world.hpp"
#include "support/world_text.hpp"

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace backfill::test {

using IdSet = std::set<std::string>;

/// A conversation, and how much of it there is by now.
struct Chat {
    std::string id;
    std::optional<std::string> created_time;
    std::vector<WorldMessage> messages; ///< all that it will ever have, newest first
    std::size_t unwritten = 0;          ///< so many of the newest
    std::set<std::size_t> deleted = {}; ///< positions
    bool opened = true;                 ///< in the table, too
    bool known = true;                  ///< at Freshchat

    std::vector<WorldMessage const*> held() const; ///< by Freshchat, newest first
};

/// A small world that goes on: Freshchat's side of a history. The same dice give the same town.
class Town {
public:
    explicit Town(Dice& dice);

    World const& world() const { return world_; }
    std::vector<Chat> const& chats() const { return chats_; }
    Conversations at_freshchat() const;
    std::size_t opened() const;
    std::size_t unknown() const; ///< in the table, but deleted at Freshchat
    IdSet storable() const;      ///< of all that Freshchat holds
    std::size_t page_size() const { return page_size_; }

    void write_messages(Dice& dice, std::size_t most); ///< so many in one conversation
    Chat const* open_chat(Dice& dice);                 ///< null when none is left
    void delete_chat(Dice& dice);
    void delete_messages(Dice& dice);

private:
    Chat& any(Dice& dice); ///< that Freshchat knows

    World world_;
    std::vector<Chat> chats_;
    std::size_t page_size_;
};

/// What a run in this mode must have stored of a conversation when it is done with it, given what was stored before.
/// This is docs/pace.md's table of what the cheap modes cannot see:
/// - full sees all;
/// - incremental ends at the first page on which a message is stored and every other one is stored or excluded: what
///   lies behind that page may be missing for ever;
/// - missing leaves a conversation with any stored message alone.
/// A run may see more, as incremental does of a page that does not show its order.
IdSet expected_rows(std::string const& mode, Chat const& chat, IdSet const& stored, std::size_t page_size);

} // namespace backfill::test
