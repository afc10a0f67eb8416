#include "freshchat/page.hpp"

#include "backfill/core/json_reader.hpp"

namespace backfill::freshchat {
namespace {

using Kind = JsonValue::Kind;

/// The first of text.content, content and text that is a string with something in it.
std::string_view text_of(JsonValue const& part)
{
    auto const& text = part["text"];
    for (auto const candidate : {text["content"].string(), part["content"].string(), text.string()}) {
        if (!candidate.empty()) {
            return candidate;
        }
    }
    return part.string();
}

Message message_of(JsonValue const& value, std::vector<std::string> const& fields, bool raw, TextStore& texts)
{
    auto const property = [&](std::string_view name) {
        auto const& member = value[name];
        return texts.keep(member.kind == Kind::boolean ? std::string_view{} : member.text);
    };
    Message message;
    message.id = property("id");
    message.id = message.id.empty() ? property("uuid") : message.id;
    message.actor_type = property("actor_type");
    message.message_type = property("message_type");
    message.created_time = property("created_time");
    auto const add_text = [&](JsonValue const& part) {
        if (auto const text = text_of(part); !text.empty()) {
            message.part_texts.push_back(texts.keep(text));
        }
    };
    if (auto const& parts = value["message_parts"]; parts.kind != Kind::array) {
        add_text(parts);
    } else {
        for (auto const& part : parts.children()) {
            add_text(part);
        }
    }
    for (auto const& field : fields) {
        message.fields.emplace_back(field, value[field].json());
    }
    if (raw || message.id.empty()) {
        message.raw = value.json();
    }
    return message;
}

} // namespace

std::optional<DecodedPage> decode_page(
    std::string_view body, std::vector<std::string> const& fields, bool raw, TextStore& texts)
{
    auto const document = read_json(body);
    if (!document || document->root()["messages"].kind != Kind::array) {
        return std::nullopt;
    }
    DecodedPage page;
    page.has_link = !document->root()["link"]["href"].string().empty();
    for (auto const& message : document->root()["messages"].children()) {
        page.messages.push_back(message_of(message, fields, raw, texts));
    }
    return page;
}

std::string error_status(std::string_view body)
{
    auto const document = read_json(body);
    return document ? std::string{document->root()["status"].string()} : std::string{};
}

} // namespace backfill::freshchat
