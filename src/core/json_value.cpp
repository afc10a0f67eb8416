#include "backfill/core/json_value.hpp"

#include "backfill/core/json_text.hpp"

namespace backfill {
namespace {

void write(JsonWriter& writer, JsonValue const& value)
{
    using Kind = JsonValue::Kind;
    bool const is_object = value.kind == Kind::object;
    if (is_object || value.kind == Kind::array) {
        writer.begin(is_object ? '{' : '[');
        for (auto const& child : value.children()) {
            if (is_object) {
                writer.key(child.name);
            }
            write(writer, child);
        }
        writer.end(is_object ? '}' : ']');
    } else if (value.kind == Kind::string) {
        writer.string(value.text);
    } else {
        writer.literal(value.kind == Kind::null ? "null" : value.text);
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
