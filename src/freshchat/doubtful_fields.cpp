#include "backfill/freshchat/doubtful_fields.hpp"

#include "backfill/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace backfill::freshchat {
namespace {

/// Of messages as accounts were seen to get them.
constexpr std::array<std::string_view, 23> kKnown{"app_id", "channel_id", "actor_id", "org_actor_id", "user_id",
    "conversation_id", "freshchat_conversation_id", "freshchat_channel_id", "interaction_id", "message_type",
    "reply_parts", "message_source", "meta_data", "in_reply_to", "restrictResponse", "botsPrivateNote", "isBotsInput",
    "bots_input", "status", "error_code", "error_message", "uuid", "message_parts"};

} // namespace

DoubtfulFields::DoubtfulFields(Columns const& columns) : columns_{columns}
{
    for (auto const& column : columns) {
        if (column.kind == MessageField::other && std::ranges::find(kKnown, column.field) == kKnown.end()) {
            without_value_.insert(column.field);
        }
    }
}

void DoubtfulFields::saw(std::vector<Message> const& messages)
{
    if (messages.empty()) {
        return;
    }
    std::lock_guard lock{mutex_};
    any_message_ = true;
    for (auto const& message : messages) {
        if (without_value_.empty()) {
            return;
        }
        for (auto const& [field, json] : message.fields) {
            if (json != "null") {
                without_value_.erase(field);
            }
        }
    }
}

std::vector<std::string> DoubtfulFields::sentences() const
{
    std::lock_guard lock{mutex_};
    std::vector<std::string> sentences;
    for (auto const& column : columns_) {
        if (any_message_ && without_value_.contains(column.field)) {
            sentences.push_back(fmt::format("no message has a field \"{}\", so the column \"{}\" stays empty",
                printable(column.field), printable(column.name)));
        }
    }
    return sentences;
}

} // namespace backfill::freshchat
