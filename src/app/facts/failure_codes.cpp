#include "app/facts/failure_codes.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace backfill::app {
namespace {

constexpr std::string_view kOnOneSide = "failed on the network or on one side's errors";
constexpr std::string_view kFaultsPass = ". Such faults mostly pass: run it again, later if they stay.";
constexpr std::string_view kKeptOut = "refused by Freshchat, or answered by something that is no API";
constexpr std::string_view kCheckAccount =
    ": check the rights of `FRESHCHAT_TOKEN`, and that `FRESHCHAT_DOMAIN` is the host shown beside the token.";

constexpr FailureText text_of(ConversationFailure failure)
{
    switch (failure) {
    case ConversationFailure::not_found:
        return {"not_found", "not found at Freshchat",
            ": deleted there, of another account, or `id` is neither of the two ids (UUID and number) that Freshchat "
            "gives a conversation. For a deleted one set `ON_NOT_FOUND=ignore`, so that it fails no run."};
    case ConversationFailure::network:
        return {"network", kOnOneSide, kFaultsPass};
    case ConversationFailure::server:
        return {"server", kOnOneSide, kFaultsPass};
    case ConversationFailure::look_up:
        return {"look_up", kOnOneSide, kFaultsPass};
    case ConversationFailure::upsert:
        return {"upsert", "fetched, but not confirmed as stored", ": run it again, once the cause is gone."};
    case ConversationFailure::throttled:
        return {"throttled", "throttled by Freshchat until the tries ran out",
            ": others share the account's quota, or it is smaller than the pace. Set longer delays or `PACE=adaptive`, "
            "and run it again later."};
    case ConversationFailure::forbidden:
        return {"forbidden", kKeptOut, kCheckAccount};
    case ConversationFailure::wrong_host:
        return {"wrong_host", kKeptOut, kCheckAccount};
    case ConversationFailure::other:
        return {"other", "failed for other reasons",
            ": mostly `id` is no Freshchat id (a UUID or a number), or Freshchat's answer is no list of messages. "
            "Correct such an id in the conversation table; if the id is right, ask Freshchat."};
    case ConversationFailure::not_in_table:
        return {"not_in_table", "named, but not in the conversation table",
            ": check the ids. What a rejects file names has left the table: delete its lines from that file."};
    }
    return {};
}

constexpr std::array kInOrderOfAdvice{ConversationFailure::not_found, ConversationFailure::network,
    ConversationFailure::server, ConversationFailure::look_up, ConversationFailure::upsert,
    ConversationFailure::throttled, ConversationFailure::forbidden, ConversationFailure::wrong_host,
    ConversationFailure::other, ConversationFailure::not_in_table};
static_assert(
    text_of(static_cast<ConversationFailure>(kInOrderOfAdvice.size())).code.empty(), "one is missing in the order");

} // namespace

std::string_view code_of(ConversationFailure failure)
{
    return text_of(failure).code;
}

std::vector<FailureText> conversation_failures()
{
    std::vector<FailureText> texts;
    std::ranges::transform(kInOrderOfAdvice, std::back_inserter(texts), text_of);
    return texts;
}

std::string refused_advice(std::string const& file)
{
    return file.empty() ? "refused by the database: the lines above say which, as `REJECTS_FILE` would in a file. "
                          "When the cause is gone, a `run` stores what is missing."
                        : "refused by the database and named in `REJECTS_FILE`. When the cause is gone, `run "
                          "--from-rejects` with that file tries its conversations again.";
}

std::vector<FailureText> message_failures()
{
    return {
        {kUnusable, "came without an id or a readable time", ". Without both there can be no row; ask Freshchat."},
        {kNotStored, "taken by the database without an error, and not stored under the same id",
            ": look at the triggers of the message table."},
        {kLost, {}, {}}, // its conversation failed, with advice of its own
    };
}

} // namespace backfill::app
