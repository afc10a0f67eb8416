#include "backfill/rows/clean.hpp"

#include "backfill/core/ascii.hpp"
#include "backfill/core/json_text.hpp"
#include "backfill/core/timestamp.hpp"
#include "backfill/core/utf8.hpp"

#include <algorithm>
#include <cstddef>

namespace backfill::rows {
namespace {

bool is_among(std::string_view value, std::vector<std::string> const& lower_case)
{
    return std::ranges::any_of(lower_case, [value](auto const& one) { return equal_ignoring_case(value, one); });
}

bool maps(Columns const& columns, MessageField field)
{
    return std::ranges::find(columns, field, &Column::kind) != columns.end();
}

void append_value(
    std::string& json, Column const& column, Message const& message, Row const& row, std::string_view time)
{
    switch (column.kind) {
    case MessageField::id:
        return append_json_string(json, row.id);
    case MessageField::conversation:
        return append_json_string(json, row.conversation);
    case MessageField::actor_type:
        return append_json_string(json, message.actor_type);
    case MessageField::parts:
        return message.part_texts.size() == 1 ? append_json_string(json, trim(message.part_texts.front()))
                                              : append_json_string(json, clean_text(message.part_texts));
    case MessageField::created_time:
        return append_json_string(json, time);
    case MessageField::raw:
        json += message.raw;
        return;
    case MessageField::other:
        auto const found = std::ranges::find(message.fields, column.field, &std::pair<std::string, std::string>::first);
        bool const is_array = column.field == "message_parts"; // as received
        json += found != message.fields.end() ? found->second : is_array ? "[]" : "null";
    }
}

} // namespace

std::string clean_text(std::vector<std::string_view> const& part_texts)
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
        return Excluded{"actor_type " + std::string{message.actor_type}};
    }
    if (is_among(message.message_type, rules.excluded_message_types)) {
        return Excluded{"message_type " + std::string{message.message_type}};
    }
    return std::nullopt;
}

Cleaned clean(Message const& message, std::string_view conversation, CleanRules const& rules, TextStore& texts)
{
    if (auto reason = excluded(message, rules)) {
        return *std::move(reason);
    }
    if (message.id.empty()) {
        return Unusable{"it has neither id nor uuid"};
    }
    auto const time = parse_timestamp(message.created_time);
    if (!time && maps(rules.columns, MessageField::created_time)) {
        return Unusable{message.created_time.empty() ? "it has no created_time" : "its created_time is not a time"};
    }
    Row row{texts.keep(message.id), conversation, time ? time->microseconds : 0, {}};
    static thread_local std::string json; // its room is used again
    json = '{';
    for (auto const& column : rules.columns) {
        json += json.size() > 1 ? "," : "";
        json += column.key;
        append_value(json, column, message, row, time ? std::string_view{time->text} : std::string_view{});
    }
    json += '}';
    row.json = texts.keep(json);
    row.lacks_text =
        message.has_other_parts && maps(rules.columns, MessageField::parts) && clean_text(message.part_texts).empty();
    return row;
}

} // namespace backfill::rows
