#include "freshchat/page.hpp"

#include "backfill/core/json_reader.hpp"
#include "freshchat/part_words.hpp"

#include <algorithm>
#include <array>
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

/// The members of an object that have these names, the last one of each; found in one walk, since each message is asked
/// for several.
template <std::size_t size>
std::array<JsonValue const*, size> members(JsonValue const& object, std::array<std::string_view, size> const& names)
{
    static JsonValue const missing{};
    std::array<JsonValue const*, size> found{};
    found.fill(&missing);
    for (auto const& member : object.children()) {
        for (std::size_t i = 0; i < size; ++i) {
            if (member.name == names[i]) {
                found[i] = &member;
                break;
            }
        }
    }
    return found;
}

Message message_of(JsonValue const& value, MessageExtras const& extras, TextStore& texts)
{
    constexpr std::array<std::string_view, 6> kNames{
        "id", "uuid", "actor_type", "message_type", "created_time", "message_parts"};
    auto const [id, uuid, actor_type, message_type, created_time, message_parts] = members(value, kNames);
    auto const text = [&texts](JsonValue const* member) { return texts.keep(plain(*member)); };
    Message message;
    message.id = text(id);
    message.id = message.id.empty() ? text(uuid) : message.id;
    message.actor_type = text(actor_type);
    message.message_type = text(message_type);
    message.created_time = text(created_time);
    auto const add_part = [&](JsonValue const& part) {
        if (auto const its_text = text_of_part(part); !its_text.empty()) {
            message.part_texts.push_back(texts.keep(its_text));
        } else if (holds_more_than_text(part)) {
            message.has_other_parts = true;
            if (extras.other_parts == OtherParts::describe) {
                for (auto const& words : words_of_part(part)) {
                    message.part_texts.push_back(texts.keep(words));
                }
            }
        }
    };
    if (message_parts->kind != Kind::array) {
        add_part(*message_parts);
    } else {
        for (auto const& part : message_parts->children()) {
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
