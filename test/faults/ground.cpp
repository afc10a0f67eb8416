#include "faults/ground.hpp"

#include "support/psql.hpp"
#include "support/simulator_faults.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace backfill::test {
namespace {

constexpr std::size_t kConversations = 12;

World made(std::size_t longest)
{
    return World::make(
        {.seed = 5, .conversations = kConversations, .messages_per_conversation = 6, .one_long = longest});
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
        if (end <= json.size()) {
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
    std::vector<std::string> texts{std::string{kQuotedText}};
    for (std::size_t i = 0; i < world_.size(); ++i) {
        auto const messages = world_.messages(i);
        for (auto const& message : messages) {
            add_contents(message.json, texts);
            if (!message.row) {
                continue;
            }
            ++rows_[message.row->conversationid];
            ++row_count_;
            all_rows_.push_back(*message.row);
            texts.push_back(message.row->message_parts);
            if (message.row->conversationid == longest_ && &message <= &messages[messages.size() / 2]) {
                victim_ = *message.row;
            }
        }
    }
    std::sort(texts.begin(), texts.end());
    texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
    texts_.emplace(std::move(texts));
}

std::string const& Ground::small() const
{
    return *std::find_if(conversations_.begin(), conversations_.end(), [this](auto const& id) {
        auto const rows = rows_.find(id);
        return rows != rows_.end() && rows->second > 1 && rows->second < 16;
    });
}

std::vector<std::string> Ground::batch_with_rows(std::size_t number, std::size_t size) const
{
    std::vector<std::string> batch;
    for (auto i = number * size; i < std::min((number + 1) * size, conversations_.size()); ++i) {
        if (rows_.contains(conversations_[i])) {
            batch.push_back(conversations_[i]);
        }
    }
    return batch;
}

std::size_t Ground::pages_of_longest(std::size_t page_size) const
{
    return (world_.message_count(world_.index_of(longest_).value()) + page_size - 1) / page_size;
}

std::string insert_rows(std::size_t step, std::string const& text)
{
    std::string values;
    auto const& rows = ground().all_rows();
    for (std::size_t i = 0; i < rows.size(); i += step) {
        auto const& row = rows[i];
        values += values.empty() ? "(" : ", (";
        for (auto const& value :
            {row.id, row.conversationid, row.actor_type, text.empty() ? row.message_parts : text}) {
            values += sql_quoted(value) + ", ";
        }
        values += sql_quoted(row.created_time) + ")";
    }
    return R"(insert into "Message" (id, conversationid, actor_type, message_parts, created_time) values )" + values;
}

Ground const& ground()
{
    static Ground const ground{130};
    return ground;
}

} // namespace backfill::test
