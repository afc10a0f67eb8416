#include "shapes/conversations.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace backfill::test {
namespace {

constexpr std::array<int, kConversationCount> kMessages{3, 2, 4, 1, 2, 3};

std::string in_upper_case(std::string id)
{
    std::ranges::transform(id, id.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return id;
}

/// A message of a minute; the very first is from another year.
std::string message(IdForm ids, std::size_t conversation, int number)
{
    auto const year = conversation == 1 && number == 1 ? "2020" : "2025";
    auto const c = std::to_string(conversation);
    auto const n = std::to_string(number);
    auto const lower = "abcdef00-0000-4000-8000-0000000" + c + "000" + n;
    auto const id = ids == IdForm::upper ? in_upper_case(lower) : lower;
    return R"({"id":")" + id + R"(","actor_type":"user","message_type":"normal","created_time":")" + year + "-06-0" + c
        + "T12:0" + n + R"(:00.000Z","message_parts":[{"text":{"content":"text )" + c + "." + n + R"("}}]})";
}

} // namespace

std::string conversation_id(IdForm ids, std::size_t number)
{
    auto const digit = std::to_string(number);
    switch (ids) {
    case IdForm::numbers:
        return "90071992547" + digit;
    case IdForm::mixed:
        return (number % 2 == 0 ? "B" : "a") + digit;
    case IdForm::upper_conversations:
        return in_upper_case("c0ffee00-0000-4000-8000-00000000000" + digit);
    case IdForm::uuid:
    case IdForm::upper:
        break;
    }
    return "c0ffee00-0000-4000-8000-00000000000" + digit;
}

Conversations conversations_of(IdForm ids)
{
    Conversations all;
    for (std::size_t i = 1; i <= kMessages.size(); ++i) {
        auto& list = all[conversation_id(ids, i)];
        for (int n = kMessages[i - 1]; n > 0; --n) {
            list.push_back(message(ids, i, n));
        }
    }
    return all;
}

} // namespace backfill::test
