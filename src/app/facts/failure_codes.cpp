#include "app/facts/failure_codes.hpp"

#include <cstddef>

namespace backfill::app {
namespace {

constexpr std::string_view kFaultsPass = "failed on the network or on one side’s errors. Such faults mostly pass: run "
                                         "it again, later if they stay.";
constexpr std::string_view kKeptOut = "refused by Freshchat, or answered by something that is no API: check the rights "
                                      "of `FRESHCHAT_TOKEN` and the host in `FRESHCHAT_DOMAIN`.";

constexpr FailureText text(ConversationFailure failure)
{
    switch (failure) {
    case ConversationFailure::not_found:
        return {"not_found",
            "not found at Freshchat: deleted there, or of another account. For deleted ones set "
            "`ON_NOT_FOUND=ignore`, so that they do not fail every run."};
    case ConversationFailure::network:
        return {"network", kFaultsPass};
    case ConversationFailure::server:
        return {"server", kFaultsPass};
    case ConversationFailure::look_up:
        return {"look_up", kFaultsPass};
    case ConversationFailure::upsert:
        return {"upsert", kFaultsPass};
    case ConversationFailure::throttled:
        return {"throttled",
            "throttled by Freshchat (429) until the tries ran out: others share the account’s quota, or it is smaller "
            "than the pace. Set longer delays or `PACE=adaptive`, and run it again later."};
    case ConversationFailure::forbidden:
        return {"forbidden", kKeptOut};
    case ConversationFailure::wrong_host:
        return {"wrong_host", kKeptOut};
    case ConversationFailure::other:
        return {"other",
            "failed for other reasons, which stand beside the ids: mostly Freshchat refuses just these, or its answer "
            "is no list of messages. If it stays so, ask Freshchat."};
    case ConversationFailure::not_in_table:
        return {"not_in_table", "that you named are not in the conversation table: check the ids."};
    }
    return {};
}

constexpr FailureText text(MessageFailure failure)
{
    switch (failure) {
    case MessageFailure::unusable:
        return {"unusable", "came without an id or a readable time. No row can be made of them; ask Freshchat."};
    case MessageFailure::not_stored:
        return {"not_stored",
            "taken by the database without an error, and not stored: look at the triggers of the message table."};
    case MessageFailure::lost:
        return {"lost", {}}; // its conversation failed, with advice of its own
    }
    return {};
}

template <typename Failure, Failure last>
std::vector<FailureText> const& all()
{
    constexpr auto kCount = static_cast<std::size_t>(last) + 1;
    static_assert(text(static_cast<Failure>(kCount)).code.empty(), "`last` is not the last");
    static auto const texts = [] {
        std::vector<FailureText> found;
        for (std::size_t i = 0; i < kCount; ++i) {
            found.push_back(text(static_cast<Failure>(i)));
        }
        return found;
    }();
    return texts;
}

} // namespace

std::string_view code_of(ConversationFailure failure)
{
    return text(failure).code;
}

std::string_view code_of(MessageFailure failure)
{
    return text(failure).code;
}

std::vector<FailureText> const& conversation_failures()
{
    return all<ConversationFailure, ConversationFailure::not_in_table>();
}

std::vector<FailureText> const& message_failures()
{
    return all<MessageFailure, MessageFailure::lost>();
}

std::string_view refused_message_advice()
{
    return "refused by the database. With `REJECTS_FILE` each is named; when the table or the message is mended, "
           "`run --from-rejects FILE` tries just those again.";
}

ConversationFailure failure_of(FetchFailure kind)
{
    switch (kind) {
    case FetchFailure::not_found:
        return ConversationFailure::not_found;
    case FetchFailure::forbidden:
        return ConversationFailure::forbidden;
    case FetchFailure::network:
        return ConversationFailure::network;
    case FetchFailure::server:
        return ConversationFailure::server;
    case FetchFailure::throttled:
        return ConversationFailure::throttled;
    case FetchFailure::wrong_host:
        return ConversationFailure::wrong_host;
    case FetchFailure::other:
        break;
    }
    return ConversationFailure::other;
}

} // namespace backfill::app
