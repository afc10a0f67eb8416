#include "app/pipeline/run_health.hpp"

namespace backfill::app {
namespace {

constexpr int kUnansweredInARow = 10; // an outage, not a broken conversation
constexpr int kThrottledInARow = 10;
constexpr int kNotFoundAtTheStart = 20;
constexpr int kFailedCallsInARow = 3;

constexpr auto kNoneFound = "the first 20 conversations are all not found";
constexpr auto kNoneFoundAdvice = "Is FRESHCHAT_DOMAIN another account than the one that the table comes from? Is its "
                                  "id column (CONVERSATION_COLUMNS) not Freshchat's id of "
                                  "a conversation, which is a UUID, or the number in the agent's URL? (Where one is "
                                  "not found, the other is tried.) If "
                                  "they were deleted, start after them with CREATED_FROM, or set ON_NOT_FOUND=ignore.";

} // namespace

void RunHealth::conversation_fetched()
{
    std::lock_guard lock{mutex_};
    ++ended_;
    unanswered_in_a_row_ = 0;
    throttled_in_a_row_ = 0;
}

bool RunHealth::none_found() const
{
    return not_found_from_start_ == kNotFoundAtTheStart && ended_ == kNotFoundAtTheStart;
}

std::string RunHealth::conversation_ignored()
{
    std::lock_guard lock{mutex_};
    ++ended_;
    ++not_found_from_start_;
    unanswered_in_a_row_ = 0;
    throttled_in_a_row_ = 0;
    return none_found() ? std::string{kNoneFound} + ". " + kNoneFoundAdvice : std::string{};
}

RunHealth::Verdict RunHealth::conversation_failed(ConversationError const& error)
{
    std::lock_guard lock{mutex_};
    auto const kind = error.kind();
    std::string const reason{error.what()};
    bool const first = ended_++ == 0;
    // A first one that is not answered may be the only one of its kind.
    bool const unreachable = dynamic_cast<UnreachableError const*>(&error) != nullptr;
    if (first && (unreachable || kind == ConversationFailure::forbidden || kind == ConversationFailure::wrong_host)) {
        throw FatalError{"Freshchat: the first conversation failed: " + reason,
            unreachable ? "Check FRESHCHAT_DOMAIN, the network, the proxy if there is one, and, if the server's "
                          "certificate is a private one, CA_FILE."
                        : "Check FRESHCHAT_DOMAIN, FRESHCHAT_TOKEN and its rights (Admin → API Tokens)."};
    }
    bool const unanswered = kind == ConversationFailure::network || kind == ConversationFailure::server;
    unanswered_in_a_row_ = unanswered ? unanswered_in_a_row_ + 1 : 0;
    if (unanswered_in_a_row_ == kUnansweredInARow) {
        throw FatalError{"Freshchat: ten conversations in a row failed, the last one: " + reason
            + ". Freshchat or the network is down; run it again later."};
    }
    not_found_from_start_ += kind == ConversationFailure::not_found ? 1 : 0;
    if (kind == ConversationFailure::not_found && none_found()) {
        throw FatalError{std::string{"Freshchat: "} + kNoneFound, kNoneFoundAdvice};
    }
    throttled_in_a_row_ = kind == ConversationFailure::throttled ? throttled_in_a_row_ + 1 : 0;
    return throttled_in_a_row_ == kThrottledInARow ? Verdict::quota_used_up : Verdict::go_on;
}

void RunHealth::call_ended(Call call, std::string const& failure)
{
    std::lock_guard lock{mutex_};
    auto& in_a_row = failed_calls_in_a_row_.at(static_cast<std::size_t>(call));
    in_a_row = failure.empty() ? 0 : in_a_row + 1;
    if (in_a_row == kFailedCallsInARow) {
        throw FatalError{std::string{"Three "} + (call == Call::look_up ? "look-ups of stored messages" : "upserts")
            + " in a row failed for good, the last one: " + failure + ". Run it again when Supabase answers."};
    }
}

} // namespace backfill::app
