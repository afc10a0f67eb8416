#include "backfill/core/conversation.hpp"

#include "backfill/core/json_text.hpp"

namespace backfill {
namespace {

MessageField kind_of(std::string_view field)
{
    return field == "id"            ? MessageField::id
        : field == "conversationid" ? MessageField::conversation
        : field == "actor_type"     ? MessageField::actor_type
        : field == "message_parts"  ? MessageField::parts
        : field == "created_time"   ? MessageField::created_time
        : field == "raw"            ? MessageField::raw
                                    : MessageField::other;
}

} // namespace

Column::Column(std::string its_field, std::string its_name)
    : field{std::move(its_field)}, name{std::move(its_name)}, kind{kind_of(field)}
{
    append_json_string(key, name);
    key += ':';
    if (field == "parts") {
        field = "message_parts"; // as received; under its own name it is the cleaned text
    }
}

std::vector<std::string> other_fields(Columns const& columns)
{
    std::vector<std::string> fields;
    for (auto const& column : columns) {
        if (column.kind == MessageField::other) {
            fields.push_back(column.field);
        }
    }
    return fields;
}

} // namespace backfill
