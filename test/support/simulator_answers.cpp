#include "support/simulator_answers.hpp"

#include "support/world_text.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

namespace backfill::test {
namespace {

constexpr int kMostItems = 50;    // [C]; what 51 does is unknown [?], so the simulator refuses to guess
constexpr int kDefaultItems = 20; // [?]

/// Message by position after Change: inserted ones stand before the newest, removed ones are the newest.
Holdings::Messages changed_messages(Holdings::Messages held, Switches const& switches, std::string const& conversation)
{
    auto const number = switches.change_count;
    if (switches.change == Change::remove) {
        auto const removed = std::min(number, held.count);
        auto json = std::move(held.json);
        return {held.count - removed, [json = std::move(json), removed](std::size_t i) { return json(i + removed); }};
    }
    auto json = std::move(held.json);
    return {held.count + number, [json = std::move(json), number, conversation](std::size_t i) {
                if (i >= number) {
                    return json(i - number);
                }
                std::string id;
                for (auto const byte : inserted_message_id(conversation, i)) {
                    id.append(byte == '"' || byte == '\\' ? "\\" : "") += byte;
                }
                return R"({"id":")" + id
                    + R"(","actor_type":"user","message_type":"normal","created_time":"2030-01-01T00:00:00.000Z",)"
                      R"("message_parts":[{"text":{"content":"inserted"}}]})";
            }};
}

std::string link_text(Switches const& switches, Target const& target, int next_page, int items)
{
    auto const page = switches.link == LinkForm::self ? next_page - 1 : next_page;
    auto href = "/v2/conversations/" + target.encoded_conversation + "/messages?page=" + std::to_string(page)
        + "&items_per_page=" + std::to_string(items);
    switch (switches.link) {
    case LinkForm::absent:
        return {};
    case LinkForm::without_rel:
        return R"(,"link":{"href":")" + href + R"("})";
    case LinkForm::absolute:
        href.insert(0, switches.link_origin);
        break;
    case LinkForm::with_from_time:
        href += "&from_time=2023-07-01T00:00:00.000Z";
        break;
    case LinkForm::relative:
    case LinkForm::self:
        break;
    }
    return R"(,"link":{"href":")" + href + R"(","rel":"next_page"})";
}

std::string last_link_text(Switches const& switches, Target const& target, int next_page, int items)
{
    if (switches.link == LinkForm::absent || switches.last_link == LastLink::missing) {
        return {};
    }
    return switches.last_link == LastLink::null ? R"(,"link":null)" : link_text(switches, target, next_page, items);
}

} // namespace

std::optional<Holdings::Messages> Holdings::find(std::string const& conversation) const
{
    if (auto const* world = std::get_if<World>(&held_)) {
        auto const index = world->index_of(conversation);
        if (!index) {
            return std::nullopt;
        }
        return Messages{world->message_count(*index),
            [world, index = *index](std::size_t position) { return world->message(index, position).json; }};
    }
    auto const& list = std::get<Conversations>(held_);
    auto const found = list.find(conversation);
    if (found == list.end()) {
        return std::nullopt;
    }
    return Messages{
        found->second.size(), [&messages = found->second](std::size_t position) { return messages.at(position); }};
}

std::optional<Holdings::TwoIds> Holdings::ids_of(std::string const& conversation) const
{
    auto const* world = std::get_if<World>(&held_);
    auto const* list = std::get_if<Conversations>(&held_);
    if (world != nullptr) {
        auto const index = world->index_of(conversation);
        return index ? std::optional{TwoIds{world->uuid(*index), conversation_number(*index)}} : std::nullopt;
    }
    auto found = list->find(conversation);
    if (auto const index = conversation_index(conversation); found == list->end() && index && *index < list->size()) {
        found = std::next(list->begin(), static_cast<std::ptrdiff_t>(*index));
    }
    if (found == list->end()) {
        return std::nullopt;
    }
    auto const index = static_cast<std::size_t>(std::distance(list->begin(), found));
    return TwoIds{found->first, conversation_number(index)};
}

Answer conversation_answer(Holdings const& holdings, std::string const& conversation)
{
    auto const ids = holdings.ids_of(conversation);
    if (!ids) {
        return error_answer(404, "NOT_FOUND", "Conversation not found");
    }
    auto body = R"({"conversation_id":")" + json_escaped(ids->id) + R"(","conversation_internal_id":)" + ids->number
        + R"(,"app_id":"4b449bfe-e84a-582b-be73-d24627f00b0b","status":"resolved"})";
    return {200, {{"Content-Type", "application/json;charset=utf-8"}}, std::move(body)};
}

PageAnswer answer_page(Holdings const& holdings, Switches const& switches, Target const& target, Changed changed)
{
    auto const page = target.page ? parse_number(*target.page) : 1;
    auto const items = target.items_per_page ? parse_number(*target.items_per_page) : kDefaultItems;
    if (!page || *page < 1 || !items || *items < 1 || *items > kMostItems) {
        return {error_answer(400, "INVALID_VALUE", "page must be at least 1 and items_per_page between 1 and 50")};
    }
    bool const by_number = conversation_index(target.conversation).has_value();
    auto const own =
        by_number ? holdings.ids_of(target.conversation).value_or(Holdings::TwoIds{}).id : target.conversation;
    auto messages = holdings.find(own);
    if (!messages || switches.ids == (by_number ? Ids::uuid_only : Ids::numeric_only)) {
        return {error_answer(404, "NOT_FOUND", "Conversation not found")};
    }
    if (changed == Changed::yes) {
        messages = changed_messages(std::move(*messages), switches, target.conversation);
    }
    auto const size = std::min(static_cast<std::size_t>(*items), std::max<std::size_t>(switches.page_clamp, 1));
    auto const pages = std::max<std::size_t>((messages->count + size - 1) / size, 1);
    auto served = static_cast<std::size_t>(*page);
    PageAnswer answer;
    answer.is_page = true;
    if (served < pages) {
        answer.link = link_text(switches, target, *page + 1, *items);
    } else {
        answer.link = last_link_text(switches, target, *page + 1, *items);
    }
    if (served > pages && switches.past_end == PastEnd::wrong_page) {
        return {error_answer(404, "WRONG_PAGE", "The page does not exist in the search result")};
    }
    if (served > pages && switches.past_end == PastEnd::repeat_last) {
        served = pages;
    }
    auto const begin = (served - 1) * size;
    for (auto position = begin; position < std::min(begin + size, messages->count); ++position) {
        answer.messages.push_back(messages->json(position));
    }
    answer.answer.headers.emplace_back("Content-Type", "application/json;charset=utf-8");
    return answer;
}

PageAnswer made_up_page(Target const& target)
{
    auto const page = target.page.value_or("1");
    PageAnswer answer;
    answer.is_page = true;
    answer.answer.headers.emplace_back("Content-Type", "application/json;charset=utf-8");
    answer.messages = {R"({"id":"made-up-)" + page
        + R"(","actor_type":"user","message_type":"normal","created_time":"2024-01-01T00:00:00.000Z",)"
          R"("message_parts":[{"text":{"content":"made up"}}]})"};
    answer.link = link_text({}, target, parse_number(page).value_or(0) + 1, kMostItems);
    return answer;
}

std::string page_body(PageAnswer const& page, std::string const& injected)
{
    std::string body = R"({"messages":[)";
    auto first = true;
    for (auto const& message : page.messages) {
        body += first ? "" : ",";
        if (first && !injected.empty() && message.starts_with('{')) {
            body += "{" + injected + (message.starts_with("{}") ? "" : ",");
            body.append(message, 1);
        } else {
            body += message;
        }
        first = false;
    }
    return body + "]" + page.link + "}";
}

Answer error_answer(int status, std::string const& name, std::string const& message)
{
    auto body =
        R"({"code":)" + std::to_string(status) + R"(,"status":")" + name + R"(","message":")" + message + R"("})";
    return {status, {{"Content-Type", "application/json"}}, std::move(body)};
}

std::optional<int> parse_number(std::string const& text)
{
    int number = 0;
    auto const* const end = text.data() + text.size();
    auto const result = std::from_chars(text.data(), end, number);
    if (result.ec != std::errc{} || result.ptr != end) {
        return std::nullopt;
    }
    return number;
}

std::string inserted_message_id(std::string const& conversation, std::size_t number)
{
    return "inserted-" + std::to_string(number) + "-" + conversation;
}

} // namespace backfill::test
