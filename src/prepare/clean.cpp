#include "backfill/prepare/clean.hpp"

#include "backfill/core/ascii.hpp"
#include "backfill/core/json_text.hpp"
#include "backfill/core/timestamp.hpp"
#include "backfill/core/utf8.hpp"

#include <algorithm>
#include <cstddef>

namespace backfill::prepare {
namespace {

bool is_among(std::string const& value, std::vector<std::string> const& lower_case)
{
    return std::find(lower_case.begin(), lower_case.end(), ascii_lower(value)) != lower_case.end();
}

bool is_mapped(Columns const& columns, std::string const& field)
{
    return std::any_of(columns.begin(), columns.end(), [&](Column const& column) { return column.field == field; });
}

void append_value(
    std::string& json, std::string const& field, Message const& message, Row const& row, std::string const& time)
{
    if (field == "id") {
        append_json_string(json, row.id);
    } else if (field == "conversationid") {
        append_json_string(json, row.conversation);
    } else if (field == "actor_type") {
        append_json_string(json, message.actor_type);
    } else if (field == "message_parts") {
        append_json_string(json, clean_text(message.part_texts));
    } else if (field == "created_time") {
        append_json_string(json, time);
    } else if (field == "raw") {
        json += message.raw;
    } else {
        auto const found = std::find_if(
            message.fields.begin(), message.fields.end(), [&](auto const& entry) { return entry.first == field; });
        json += found == message.fields.end() ? "null" : found->second;
    }
}

/// Most rows fit: names, ids and times take less than 256 bytes.
std::size_t estimated_size(Message const& message)
{
    auto size = 256 + message.raw.size();
    for (auto const& text : message.part_texts) {
        size += text.size() + 1;
    }
    return size;
}

} // namespace

std::string clean_text(std::vector<std::string> const& part_texts)
{
    std::string text;
    for (auto const& part : part_texts) {
        auto const trimmed = trim(part);
        if (!trimmed.empty()) {
            text += text.empty() ? "" : " ";
            text += trimmed;
        }
    }
    return text;
}

std::optional<Excluded> excluded(Message const& message, CleanRules const& rules)
{
    if (is_among(message.actor_type, rules.excluded_actor_types)) {
        return Excluded{"actor_type " + message.actor_type};
    }
    if (is_among(message.message_type, rules.excluded_message_types)) {
        return Excluded{"message_type " + message.message_type};
    }
    return std::nullopt;
}

Cleaned clean(Message const& message, ConversationId const& conversation, CleanRules const& rules)
{
    if (auto reason = excluded(message, rules)) {
        return *std::move(reason);
    }
    if (message.id.empty()) {
        return Unusable{"it has neither id nor uuid"};
    }
    auto const time = parse_timestamp(message.created_time);
    if (!time && is_mapped(rules.columns, "created_time")) {
        return Unusable{message.created_time.empty() ? "it has no created_time" : "its created_time is not a time"};
    }
    Row row{message.id, conversation, time ? time->microseconds : 0, {}};
    row.json.reserve(estimated_size(message));
    row.json += '{';
    for (auto const& column : rules.columns) {
        row.json += row.json.size() > 1 ? "," : "";
        append_json_string(row.json, column.name);
        row.json += ':';
        append_value(row.json, column.field, message, row, time ? time->text : std::string{});
    }
    row.json += '}';
    return row;
}

} // namespace backfill::prepare
