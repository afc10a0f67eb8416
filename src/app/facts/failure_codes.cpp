#include "app/facts/failure_codes.hpp"

#include <algorithm>
#include <array>
#include <ranges>
#include <stdexcept>
#include <utility>

namespace backfill::app {
namespace {

constexpr std::string_view kFaultsPass = "failed on the network or on one side’s errors. Such faults mostly pass: run "
                                         "it again, later if they stay.";
constexpr std::string_view kKeptOut = "refused by Freshchat, or answered by something that is no API: check the rights "
                                      "of `FRESHCHAT_TOKEN` and the host in `FRESHCHAT_DOMAIN`.";

constexpr std::array<std::pair<ConversationFailure, FailureText>, 10> kConversationFailures{{
    {ConversationFailure::not_found,
        {"not_found",
            "not found at Freshchat: deleted there, or of another account. For deleted ones set "
            "`ON_NOT_FOUND=ignore`, so that they do not fail every run."}},
    {ConversationFailure::network, {"network", kFaultsPass}},
    {ConversationFailure::server, {"server", kFaultsPass}},
    {ConversationFailure::look_up, {"look_up", kFaultsPass}},
    {ConversationFailure::upsert, {"upsert", kFaultsPass}},
    {ConversationFailure::throttled,
        {"throttled",
            "throttled by Freshchat (429) until the tries ran out: others share the account’s quota, or it is smaller "
            "than the pace. Set longer delays or `PACE=adaptive`, and run it again later."}},
    {ConversationFailure::forbidden, {"forbidden", kKeptOut}},
    {ConversationFailure::wrong_host, {"wrong_host", kKeptOut}},
    {ConversationFailure::other,
        {"other",
            "failed for other reasons, which stand beside the ids: mostly Freshchat refuses just these, or its answer "
            "is no list of messages. If it stays so, ask Freshchat."}},
    {ConversationFailure::not_in_table,
        {"not_in_table", "that you named are not in the conversation table: check the ids."}},
}};

} // namespace

std::string_view code_of(ConversationFailure failure)
{
    using Row = decltype(kConversationFailures)::value_type;
    auto const* const found = std::ranges::find(kConversationFailures, failure, &Row::first);
    if (found == kConversationFailures.end()) {
        throw std::logic_error{"a failure without a row"};
    }
    return found->second.code;
}

std::vector<FailureText> conversation_failures()
{
    auto const texts = kConversationFailures | std::views::values;
    return {texts.begin(), texts.end()};
}

std::vector<FailureText> message_failures()
{
    return {
        {kUnusable, "came without an id or a readable time. No row can be made of them; ask Freshchat."},
        {kNotStored,
            "taken by the database without an error, and not stored: look at the triggers of the message table."},
        {kLost, {}}, // its conversation failed, with advice of its own
    };
}

} // namespace backfill::app
