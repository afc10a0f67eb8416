#include "app/facts/run_facts.hpp"

#include "backfill/core/printable.hpp"
#include "backfill/core/utf8.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>
#include <variant>

namespace backfill::app {
namespace {

constexpr std::size_t kReasonsKept = 8;   // of a code
constexpr std::size_t kFailedKept = 5000; // some hundred bytes each
constexpr auto* kTrustTheTable = "Trust the table, not the summary; verify tells what is in it.";

std::string outcome_name(http::Outcome const& outcome)
{
    if (auto const* reply = std::get_if<http::Reply>(&outcome)) {
        return std::to_string(reply->status);
    }
    switch (std::get<http::TransportError>(outcome).kind) {
    case http::TransportError::Kind::resolve:
        return "resolve";
    case http::TransportError::Kind::connect:
        return "connect";
    case http::TransportError::Kind::tls:
        return "tls";
    case http::TransportError::Kind::timeout:
        return "timeout";
    case http::TransportError::Kind::closed:
        return "closed";
    case http::TransportError::Kind::truncated:
        return "truncated";
    case http::TransportError::Kind::protocol:
        return "protocol";
    case http::TransportError::Kind::stopped:
        return "stopped";
    }
    return {};
}

/// "HTTP 503", "Connection timeout": without what is of the one call.
std::string short_reason(std::string const& reason)
{
    constexpr std::string_view kHttp = "HTTP ";
    constexpr std::size_t kDigits = 3;
    if (auto const status = reason.find(kHttp); status != std::string::npos) {
        return reason.substr(status, kHttp.size() + kDigits);
    }
    return std::string{trim(std::string_view{reason}.substr(0, reason.find_first_of(":(")))};
}

} // namespace

RunFacts::RunFacts(Clock& clock, History history) : clock_{clock}, start_{clock.now()}
{
    if (history == History::kept) {
        history_.emplace();
    }
    numbers_.started = std::chrono::system_clock::now();
}

void RunFacts::handed_out(Conversation const& conversation)
{
    std::lock_guard lock{mutex_};
    frontier_.handed_out(conversation);
}

void RunFacts::conversation_skipped(ConversationId const& id)
{
    std::lock_guard lock{mutex_};
    ++numbers_.conversations.skipped;
    frontier_.ended(id, Frontier::Result::fine);
}

void RunFacts::conversation_done(ConversationId const& id, MessageCounts const& counts)
{
    std::lock_guard lock{mutex_};
    auto& conversations = numbers_.conversations;
    ++conversations.processed;
    conversations.with_news += counts.fresh > 0 ? 1 : 0;
    conversations.equal += counts.fresh == 0 && counts.surplus == 0 && counts.failed == 0 ? 1 : 0;
    frontier_.ended(id, counts.failed > 0 ? Frontier::Result::failed : Frontier::Result::fine);
    add(id, counts);
    if (history_) {
        history_->conversation_ended(counts.fetched - counts.excluded);
    }
}

void RunFacts::conversation_failed(FailedConversation const& failed, MessageCounts const& counts)
{
    std::lock_guard lock{mutex_};
    ++numbers_.conversations.failed;
    std::string const code{code_of(failed.failure)};
    ++numbers_.conversation_failures[code];
    auto& reasons = numbers_.failure_reasons[code];
    if (auto const reason = short_reason(failed.reason); reasons.contains(reason) || reasons.size() < kReasonsKept) {
        ++reasons[reason];
    }
    if (failed_.size() < kFailedKept) {
        failed_.push_back(failed);
    }
    if (!failed.by_stop) { // otherwise the next run is to meet it again
        frontier_.ended(failed.id, Frontier::Result::failed);
    }
    add(failed.id, counts);
}

void RunFacts::message_in_table(long long time_key, RunHistory::Messages const& seen)
{
    if (history_) { // asked without the lock: it is there from the start or never
        std::lock_guard lock{mutex_};
        history_->messages_seen(day_of(time_key), seen);
    }
}

void RunFacts::attempt_ended(calls::CallObserver::Attempt const& attempt)
{
    auto const name = outcome_name(attempt.outcome);
    std::lock_guard lock{mutex_};
    auto& to = numbers_.calls_to(attempt.side);
    ++to.sent;
    ++to.by_outcome[name];
    to.time += attempt.took;
    if (history_) {
        bool const freshchat = attempt.side == "freshchat";
        (freshchat ? history_->freshchat_times : history_->supabase_times).add(attempt.took);
        if (freshchat) {
            history_->freshchat_requests.add(clock_.now() - attempt.took - start_, name == "429");
        }
    }
}

void RunFacts::pace_from(std::function<FetchingPace()> source)
{
    std::lock_guard lock{mutex_};
    pace_ = std::move(source);
}

void RunFacts::over()
{
    std::lock_guard lock{mutex_};
    end_ = clock_.now();
}

RunSnapshot RunFacts::snapshot() const
{
    std::lock_guard lock{mutex_};
    auto now = numbers_;
    now.elapsed = end_.value_or(clock_.now()) - start_;
    auto const pace = pace_();
    now.traffic = pace.freshchat;
    now.waits = pace.waits;
    return now;
}

std::vector<FailedConversation> RunFacts::failed_conversations() const
{
    std::lock_guard lock{mutex_};
    return failed_;
}

RunHistory RunFacts::history() const
{
    std::lock_guard lock{mutex_};
    return history_.value_or(RunHistory{});
}

void RunFacts::expect_all_accounted_for() const
{
    std::lock_guard lock{mutex_};
    auto const& conversations = numbers_.conversations;
    if (conversations.done() + conversations.unread != conversations.taken || !numbers_.messages.adds_up()) {
        throw std::logic_error{fmt::format("internal error, please report it: {} conversations processed, {} skipped "
                                           "and {} failed are not the {} that were taken. {}",
            conversations.processed, conversations.skipped, conversations.failed, conversations.taken, kTrustTheTable)};
    }
}

void RunFacts::add(ConversationId const& id, MessageCounts const& counts)
{
    if (!counts.adds_up()) {
        throw std::logic_error{fmt::format(
            "internal error, please report it: of conversation {} {} messages were fetched, but {} are new, {} stored, "
            "{} excluded, {} failed. {}",
            printable(id), counts.fetched, counts.fresh, counts.stored, counts.excluded, counts.failed,
            kTrustTheTable)};
    }
    numbers_.messages += counts;
}

} // namespace backfill::app
