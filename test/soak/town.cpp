#include "soak/town.hpp"

#include <algorithm>

namespace backfill::test {
namespace {

World drawn_world(Dice& dice)
{
    constexpr std::array kAverages{3.0, 9.6, 20.0};
    WorldOptions options;
    options.seed = dice.next();
    options.conversations = 5 + dice.below(dice.one_in(3) ? 76 : 26);
    options.messages_per_conversation = kAverages[dice.below(kAverages.size())];
    options.ties = dice.one_in(4) ? 4 : 0;
    options.nulls = dice.one_in(4) ? 2 : 0;
    options.one_long = dice.one_in(2) ? 600 + dice.below(1901) : 0;
    options.odd_ids = dice.one_in(4) ? OddIds::yes : OddIds::no;
    options.invalid_text = dice.one_in(4) ? InvalidText::yes : InvalidText::no;
    return World::make(options);
}

} // namespace

std::vector<WorldMessage const*> Chat::held() const
{
    std::vector<WorldMessage const*> held;
    for (auto position = unwritten; opened && known && position < messages.size(); ++position) {
        if (!deleted.contains(position)) {
            held.push_back(&messages[position]);
        }
    }
    return held;
}

Town::Town(Dice& dice) : world_{drawn_world(dice)}, page_size_{dice.one_in(2) ? 50U : 20U}
{
    auto const later = dice.below(4);
    for (std::size_t i = 0; i < world_.size(); ++i) {
        auto const row = world_.conversation(i);
        Chat chat{.id = row.id, .created_time = row.created_time, .messages = world_.messages(i)};
        auto const most = chat.messages.size() > 500 ? 700 : 6;
        chat.unwritten = dice.one_in(2) ? std::min(dice.below(most), chat.messages.size()) : 0;
        chat.opened = i >= later;
        chats_.push_back(std::move(chat));
    }
}

Conversations Town::at_freshchat() const
{
    Conversations all;
    for (auto const& chat : chats_) {
        if (chat.opened && chat.known) {
            auto& texts = all[chat.id];
            for (auto const* message : chat.held()) {
                texts.push_back(message->json);
            }
        }
    }
    return all;
}

std::size_t Town::opened() const
{
    return static_cast<std::size_t>(std::ranges::count_if(chats_, &Chat::opened));
}

std::size_t Town::unknown() const
{
    return static_cast<std::size_t>(
        std::ranges::count_if(chats_, [](auto const& chat) { return chat.opened && !chat.known; }));
}

IdSet Town::storable() const
{
    IdSet ids;
    for (auto const& chat : chats_) {
        for (auto const* message : chat.held()) {
            if (message->row) {
                ids.insert(message->id);
            }
        }
    }
    return ids;
}

Chat& Town::any(Dice& dice)
{
    for (;;) {
        auto& chat = chats_[dice.below(chats_.size())];
        if (chat.opened && chat.known) {
            return chat;
        }
    }
}

void Town::write_messages(Dice& dice, std::size_t most)
{
    for (auto times = 1 + dice.below(6); times > 0; --times) {
        auto& chat = any(dice);
        chat.unwritten -= std::min(chat.unwritten, 1 + dice.below(dice.one_in(3) ? most : 4));
    }
}

Chat const* Town::open_chat(Dice& dice)
{
    auto const found = std::ranges::find(chats_, false, &Chat::opened);
    if (found == chats_.end()) {
        return nullptr;
    }
    found->opened = true;
    found->unwritten = std::min(dice.below(3), found->messages.size());
    return &*found;
}

void Town::delete_chat(Dice& dice)
{
    if (opened() - unknown() > 3) {
        any(dice).known = false;
    }
}

void Town::delete_messages(Dice& dice)
{
    for (auto times = 1 + dice.below(4); times > 0; --times) {
        auto& chat = any(dice);
        if (!chat.messages.empty()) {
            chat.deleted.insert(dice.below(chat.messages.size()));
        }
    }
}

IdSet expected_rows(std::string const& mode, Chat const& chat, IdSet const& stored, std::size_t page_size)
{
    IdSet expected;
    auto const held = chat.held();
    if (mode == "missing" && !stored.empty()) {
        return expected;
    }
    for (std::size_t i = 0; i < held.size(); i += page_size) {
        bool any_stored = false;
        bool any_news = false;
        for (auto at = i; at < std::min(i + page_size, held.size()); ++at) {
            bool const is_stored = stored.contains(held[at]->id);
            any_stored = any_stored || is_stored;
            if (held[at]->row) {
                expected.insert(held[at]->id);
                any_news = any_news || !is_stored;
            }
        }
        if (mode == "incremental" && any_stored && !any_news) {
            break;
        }
    }
    return expected;
}

} // namespace backfill::test
