#include "freshchat/page.hpp"

#include "backfill/core/json_reader.hpp"
#include "freshchat/part_words.hpp"

#include <algorithm>
#include <charconv>

namespace backfill::freshchat {
namespace {

using Kind = JsonValue::Kind;

/// A text or a number, as text.
std::string_view plain(JsonValue const& value)
{
    return value.kind == Kind::boolean ? std::string_view{} : value.text;
}

int page_of_link(std::string_view href)
{
    constexpr std::string_view kPage = "page=";
    auto begin = href.find('?');
    while (begin != std::string_view::npos) {
        auto const end = href.find_first_of("&#", begin + 1);
        auto const parameter = href.substr(begin + 1, end == std::string_view::npos ? end : end - begin - 1);
        if (parameter.starts_with(kPage)) {
            int page = 0;
            auto const* const last = parameter.data() + parameter.size();
            auto const read = std::from_chars(parameter.data() + kPage.size(), last, page);
            return read.ec == std::errc{} && read.ptr == last ? std::max(page, 0) : DecodedPage::kSomePage;
        }
        begin = end == std::string_view::npos || href[end] == '#' ? std::string_view::npos : end;
    }
    return href.empty() ? 0 : DecodedPage::kSomePage;
}

Message message_of(JsonValue const& value, MessageExtras const& extras, TextStore& texts)
{
    auto const property = [&](std::string_view name) { return texts.keep(plain(value[name])); };
    Message message;
    message.id = property("id");
    message.id = message.id.empty() ? property("uuid") : message.id;
    message.actor_type = property("actor_type");
    message.message_type = property("message_type");
    message.created_time = property("created_time");
    auto const add_part = [&](JsonValue const& part) {
        if (auto const text = text_of_part(part); !text.empty()) {
            message.part_texts.push_back(texts.keep(text));
        } else if (holds_more_than_text(part)) {
            message.has_other_parts = true;
            if (extras.other_parts == OtherParts::describe) {
                for (auto const& words : words_of_part(part)) {
                    message.part_texts.push_back(texts.keep(words));
                }
            }
        }
    };
    if (auto const& parts = value["message_parts"]; parts.kind != Kind::array) {
        add_part(parts);
    } else {
        for (auto const& part : parts.children()) {
            add_part(part);
        }
    }
    for (auto const& field : extras.fields) {
        message.fields.emplace_back(field, value[field].json());
    }
    if (extras.raw || message.id.empty()) {
        message.raw = value.json();
    }
    return message;
}

} // namespace

std::optional<DecodedPage> decode_page(std::string_view body, MessageExtras const& extras, TextStore& texts)
{
    auto const document = read_json(body);
    if (!document || document->root()["messages"].kind != Kind::array) {
        return std::nullopt;
    }
    DecodedPage page;
    page.links_to = page_of_link(document->root()["link"]["href"].string());
    for (auto const& message : document->root()["messages"].children()) {
        page.messages.push_back(message_of(message, extras, texts));
    }
    return page;
}

std::optional<IdPair> decode_ids(std::string_view body)
{
    auto const document = read_json(body);
    if (!document) {
        return std::nullopt;
    }
    auto const& root = document->root();
    return IdPair{std::string{plain(root["conversation_id"])}, std::string{plain(root["conversation_internal_id"])}};
}

std::string error_status(std::string_view body)
{
    auto const document = read_json(body);
    return document ? std::string{document->root()["status"].string()} : std::string{};
}

} // namespace backfill::freshchat
