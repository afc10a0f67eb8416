#include "backfill/core/json_value.hpp"

#include "backfill/core/json_text.hpp"

namespace backfill {
namespace {

void write(JsonWriter& writer, JsonValue const& value)
{
    using enum JsonValue::Kind;
    switch (value.kind) {
    case object:
        writer.begin('{');
        for (auto const& member : value.children()) {
            writer.key(member.name);
            write(writer, member);
        }
        writer.end('}');
        return;
    case array:
        writer.begin('[');
        for (auto const& element : value.children()) {
            write(writer, element);
        }
        writer.end(']');
        return;
    case string:
        writer.string(value.text);
        return;
    case number:
    case boolean:
        writer.literal(value.text);
        return;
    case null:
        writer.literal("null");
        return;
    }
}

} // namespace

JsonValue const& JsonValue::operator[](std::string_view member) const
{
    static JsonValue const missing{};
    auto const* found = &missing;
    if (kind == Kind::object) {
        for (auto const& child : children()) {
            found = child.name == member ? &child : found;
        }
    }
    return *found;
}

std::string JsonValue::json() const
{
    std::string json;
    JsonWriter writer{json};
    write(writer, *this);
    return json;
}

} // namespace backfill
