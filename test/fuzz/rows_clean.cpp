#include "fuzz/fuzz.hpp"

#include "backfill/core/timestamp.hpp"
#include "backfill/rows/clean.hpp"
#include "freshchat/page.hpp"

#include <Poco/JSON/Object.h>

// From an answer of Freshchat to rows, as a run does it: a message becomes a row that PostgREST can read, whose columns
// say what the message says, or there is a reason why not.

namespace {

using namespace backfill;

std::vector<std::string> const kFields{"user_id"};
std::string const kConversation{"conv \"\\\n\xC3\xA9"};
rows::CleanRules const kRules{{{"id", "id"}, {"conversationid", "conversation"}, {"actor_type", "actor \"type\""},
                                  {"message_parts", "message_parts"}, {"created_time", "created_time"}, {"raw", "raw"},
                                  {"user_id", "user_id"}, {"absent", "absent"}},
    {"system"}, {"private"}};

void check_row(Row const& row, Message const& message)
{
    fuzz::require(row.id == message.id && row.conversation == kConversation, "a row keeps its ids");
    std::string const json{row.json};
    fuzz::require(fuzz::is_storable(json), "a row is UTF-8 without NUL");
    fuzz::require(fuzz::reread(json) == json, "a row is JSON");
    auto const object = fuzz::as_poco_reads(json).extract<Poco::JSON::Object::Ptr>();
    fuzz::require(object->size() == kRules.columns.size(), "a row has each column once");
    auto const text = [&](char const* name) { return object->get(name).extract<std::string>(); };
    fuzz::require(text("id") == message.id, "column id");
    fuzz::require(text("conversation") == kConversation, "column conversationid");
    fuzz::require(text("actor \"type\"") == message.actor_type, "column actor_type");
    fuzz::require(text("message_parts") == rows::clean_text(message.part_texts), "column message_parts");
    fuzz::require(row.lacks_text == (message.has_other_parts && text("message_parts").empty()), "a text is missed");
    fuzz::require(trim(text("message_parts")) == text("message_parts"), "a text is trimmed");
    fuzz::require(object->isNull("absent"), "an absent field is null");
    auto const time = parse_timestamp(message.created_time);
    fuzz::require(time && time->text == text("created_time"), "column created_time");
    fuzz::require(time->microseconds == row.time_key, "rows are ordered by time");
}

void check_page(std::string_view body, OtherParts other_parts)
{
    TextStore texts;
    auto const page = freshchat::decode_page(body, {kFields, true, other_parts}, texts);
    if (!page) {
        return;
    }
    for (auto const& message : page->messages) {
        auto const cleaned = rows::clean(message, kConversation, kRules, texts);
        auto const reason = rows::excluded(message, kRules);
        fuzz::require(reason.has_value() == std::holds_alternative<rows::Excluded>(cleaned), "excluded by the rules");
        if (auto const* row = std::get_if<Row>(&cleaned)) {
            check_row(*row, message);
        } else if (auto const* unusable = std::get_if<rows::Unusable>(&cleaned)) {
            fuzz::require(message.id.empty() || !parse_timestamp(message.created_time), "unusable: no id or no time");
            fuzz::require(!unusable->reason.empty(), "for a reason");
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    check_page(fuzz::view(data, size), OtherParts::none);
    check_page(fuzz::view(data, size), OtherParts::describe);
    return 0;
}
