#include "faults/ground.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace backfill::test {
namespace {

constexpr std::size_t kConversations = 12;
constexpr std::size_t kTellingText = 8; // shorter ones stand in the output for other reasons

World made(std::size_t longest)
{
    WorldOptions options;
    options.seed = 5;
    options.conversations = kConversations;
    options.messages_per_conversation = 6;
    options.one_long = longest;
    return World::make(options);
}

/// Of `"content":"…"`, which ends at the first quote that is not escaped.
void add_contents(std::string_view json, std::vector<std::string>& texts)
{
    constexpr std::string_view kKey = R"("content":")";
    for (auto at = json.find(kKey); at != std::string_view::npos; at = json.find(kKey, at)) {
        at += kKey.size();
        auto end = at;
        while (end < json.size() && json[end] != '"') {
            end += json[end] == '\\' ? 2 : 1;
        }
        if (end - at >= kTellingText && end <= json.size()) {
            texts.emplace_back(json.substr(at, end - at));
        }
    }
}

} // namespace

Ground::Ground(std::size_t longest) : world_{made(longest)}
{
    std::vector<WorldConversation> list;
    for (std::size_t i = 0; i < world_.size(); ++i) {
        list.push_back(world_.conversation(i));
    }
    longest_ = list.back().id;
    std::sort(list.begin(), list.end(), [](auto const& a, auto const& b) { return a.created_time < b.created_time; });
    for (auto const& conversation : list) {
        conversations_.push_back(conversation.id);
    }
    for (std::size_t i = 0; i < world_.size(); ++i) {
        auto const messages = world_.messages(i);
        for (auto const& message : messages) {
            add_contents(message.json, texts_);
            if (!message.row) {
                continue;
            }
            ++rows_[message.row->conversationid];
            ++row_count_;
            if (message.row->message_parts.size() >= kTellingText) {
                texts_.push_back(message.row->message_parts);
            }
            if (message.row->conversationid == longest_ && &message <= &messages[messages.size() / 2]) {
                victim_ = *message.row;
            }
        }
    }
    std::sort(texts_.begin(), texts_.end());
    texts_.erase(std::unique(texts_.begin(), texts_.end()), texts_.end());
}

std::string const& Ground::small() const
{
    return *std::find_if(conversations_.begin(), conversations_.end(), [this](auto const& id) {
        auto const rows = rows_.find(id);
        return rows != rows_.end() && rows->second > 1 && rows->second < 16;
    });
}

std::size_t Ground::pages_of_longest(std::size_t page_size) const
{
    return (world_.message_count(world_.index_of(longest_).value()) + page_size - 1) / page_size;
}

Ground const& ground()
{
    static Ground const ground{130};
    return ground;
}

} // namespace backfill::test
