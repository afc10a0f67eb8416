#include "fuzz/fuzz.hpp"

#include "freshchat/page.hpp"

#include <Poco/JSON/Object.h>

#include <algorithm>

// The page decoder against Poco's tree: what one calls a page of so many messages, the other does too; every text could
// be stored; and what is kept beside (fields, raw) is JSON.

namespace {

using namespace backfill;

std::vector<std::string> const kFields{"user_id", "message_parts", "id", "x"};

void check_message(Message const& message, bool raw)
{
    for (auto const text : {message.id, message.actor_type, message.message_type, message.created_time}) {
        fuzz::require(fuzz::is_storable(text), "texts are UTF-8 without NUL");
    }
    fuzz::require(std::all_of(message.part_texts.begin(), message.part_texts.end(), fuzz::is_storable),
        "texts of parts are UTF-8 without NUL");
    fuzz::require(!raw || !message.raw.empty(), "raw is kept where it is wanted");
    fuzz::require(!message.id.empty() || !message.raw.empty(), "raw is kept where there is no id");
    fuzz::require(message.raw.empty() || fuzz::reread(message.raw) == message.raw, "raw is JSON");
    for (auto const& [name, json] : message.fields) {
        fuzz::require(fuzz::reread(json) == json, "a field is JSON");
    }
}

/// Words are added to texts, and to nothing else.
bool is_described(Message const& one, Message const& described)
{
    auto next = one.part_texts.begin();
    for (auto const text : described.part_texts) {
        next += next != one.part_texts.end() && *next == text ? 1 : 0;
    }
    return one.id == described.id && one.has_other_parts == described.has_other_parts && next == one.part_texts.end()
        && (one.has_other_parts || one.part_texts == described.part_texts);
}

bool alike(Message const& one, Message const& other)
{
    return one.id == other.id && one.actor_type == other.actor_type && one.message_type == other.message_type
        && one.created_time == other.created_time && one.part_texts == other.part_texts;
}

/// The copy has no broken UTF-8 or such, so that Poco's tree has the same texts.
void check_against_tree(std::string_view body, std::optional<freshchat::DecodedPage> const& page)
{
    auto const copy = fuzz::reread(body);
    fuzz::require(copy || !page, "a page is JSON");
    if (!copy) {
        return;
    }
    auto const tree = fuzz::as_poco_reads(*copy);
    auto const root = tree.type() == typeid(Poco::JSON::Object::Ptr) ? tree.extract<Poco::JSON::Object::Ptr>()
                                                                     : Poco::JSON::Object::Ptr{};
    auto const messages = root ? root->getArray("messages") : Poco::JSON::Array::Ptr{};
    fuzz::require(page.has_value() == !messages.isNull(), "a page holds an array of messages");
    if (!page) {
        return;
    }
    fuzz::require(page->messages.size() == messages->size(), "each element is a message");
    auto const link = root->getObject("link");
    auto const href = link ? link->get("href") : Poco::Dynamic::Var{};
    bool const has_href = href.isString() && !href.extract<std::string>().empty();
    fuzz::require(page->links_to >= 0 && (page->links_to == 0 || has_href), "a link has a href");
    for (std::size_t i = 0; i < page->messages.size(); ++i) {
        auto const object = messages->getObject(static_cast<unsigned>(i));
        auto const id = object ? object->get("id") : Poco::Dynamic::Var{};
        if (id.isString() && !id.extract<std::string>().empty()) {
            fuzz::require(page->messages[i].id == id.extract<std::string>(), "the id is the one that the tree has");
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    auto const body = fuzz::view(data, size);
    TextStore texts;
    auto const page = freshchat::decode_page(body, {kFields, true}, texts);
    auto const lean = freshchat::decode_page(body, {}, texts);
    fuzz::require(page.has_value() == lean.has_value(), "what else is wanted does not make a page");
    check_against_tree(body, page);
    if (!page) {
        return 0;
    }
    fuzz::require(page->links_to == lean->links_to, "nor its link");
    fuzz::require(
        std::equal(page->messages.begin(), page->messages.end(), lean->messages.begin(), lean->messages.end(), alike),
        "nor its messages");
    auto const described = freshchat::decode_page(body, {.other_parts = OtherParts::describe}, texts);
    fuzz::require(described
            && std::equal(lean->messages.begin(), lean->messages.end(), described->messages.begin(),
                described->messages.end(), is_described),
        "words change nothing else");
    for (auto const& message : described->messages) {
        check_message(message, false);
    }
    for (auto const& message : page->messages) {
        check_message(message, true);
    }
    for (auto const& message : lean->messages) {
        check_message(message, false);
    }
    return 0;
}
