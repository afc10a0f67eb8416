#include "app/facts/run_facts.hpp"

#include "backfill/core/printable.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>
#include <variant>

namespace backfill::app {
namespace {

constexpr std::size_t kFailedKept = 5000; // some hundred bytes each

std::string text(std::size_t number)
{
    return std::to_string(number);
}

std::string outcome_name(http::Outcome const& outcome)
{
    if (auto const* reply = std::get_if<http::Reply>(&outcome)) {
        return std::to_string(reply->status);
    }
    static constexpr std::array kKinds{
        "resolve", "connect", "tls", "timeout", "closed", "truncated", "protocol", "stopped"}; // as in the enum
    return kKinds.at(static_cast<std::size_t>(std::get<http::TransportError>(outcome).kind));
}

} // namespace

MessageCounts& MessageCounts::operator+=(MessageCounts const& other)
{
    fetched += other.fetched;
    fresh += other.fresh;
    stored += other.stored;
    excluded += other.excluded;
    failed += other.failed;
    surplus += other.surplus;
    return *this;
}

Waits Waits::operator-(Waits const& other) const
{
    return {quota - other.quota, latency - other.latency, supabase - other.supabase, work - other.work,
        delays - other.delays};
}

LimitedBy largest(Waits const& waits)
{
    std::array const all{waits.quota, waits.latency, waits.supabase, waits.work, waits.delays};
    auto const most = std::max_element(all.begin(), all.end());
    return *most > Clock::Duration::zero() ? static_cast<LimitedBy>(most - all.begin()) : LimitedBy::work;
}

RunFacts::RunFacts(Clock& clock, History history) : clock_{clock}, start_{clock.now()}
{
    if (history == History::kept) {
        history_.emplace();
    }
    numbers_.started = std::chrono::system_clock::now();
}

void RunFacts::phase_began(Phase phase)
{
    std::lock_guard lock{mutex_};
    numbers_.phase = phase;
}

void RunFacts::found(std::size_t taken)
{
    std::lock_guard lock{mutex_};
    numbers_.phase = Phase::running;
    numbers_.conversations.taken = taken;
}

void RunFacts::list_ended(std::size_t total, std::size_t unread)
{
    std::lock_guard lock{mutex_};
    numbers_.conversations.taken = total;
    numbers_.conversations.unread = unread;
}

void RunFacts::batch_began()
{
    std::lock_guard lock{mutex_};
    numbers_.batch_began = true;
}

void RunFacts::going_on(std::size_t failed_before)
{
    std::lock_guard lock{mutex_};
    numbers_.failed_before = failed_before;
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

void RunFacts::conversation_done(ConversationId const& id, MessageCounts const& counts, MessageDays const& days)
{
    std::lock_guard lock{mutex_};
    auto& conversations = numbers_.conversations;
    ++conversations.processed;
    conversations.with_news += counts.fresh > 0 ? 1 : 0;
    conversations.equal += counts.fresh == 0 && counts.surplus == 0 && counts.failed == 0 ? 1 : 0;
    frontier_.ended(id, counts.failed > 0 ? Frontier::Result::failed : Frontier::Result::fine);
    add(id, counts, days);
    if (history_) {
        history_->conversation_ended(counts.fetched - counts.excluded);
    }
}

void RunFacts::conversation_failed(
    FailedConversation const& failed, MessageCounts const& counts, MessageDays const& days)
{
    std::lock_guard lock{mutex_};
    ++numbers_.conversations.failed;
    ++numbers_.conversation_failures[failed.code];
    if (failed_.size() < kFailedKept) {
        failed_.push_back(failed);
    }
    if (!failed.by_stop) { // else the next run shall meet it again
        frontier_.ended(failed.id, Frontier::Result::failed);
    }
    add(failed.id, counts, days);
}

void RunFacts::message_failed(std::string_view code)
{
    std::lock_guard lock{mutex_};
    ++numbers_.message_failures[std::string{code}];
}

void RunFacts::attempt_ended(calls::CallObserver::Attempt const& attempt)
{
    auto const name = outcome_name(attempt.outcome);
    std::lock_guard lock{mutex_};
    auto& to = calls(attempt.side);
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

void RunFacts::retry_follows(std::string_view side)
{
    std::lock_guard lock{mutex_};
    ++calls(side).retried;
}

void RunFacts::fatal(std::string const& what)
{
    std::lock_guard lock{mutex_};
    numbers_.fatal = what;
}

RunSnapshot RunFacts::snapshot() const
{
    std::lock_guard lock{mutex_};
    auto now = numbers_;
    now.elapsed = clock_.now() - start_;
    if (pace_) {
        auto const pace = pace_();
        now.traffic = pace.freshchat;
        now.waits = pace.waits;
    }
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
        throw std::logic_error{"internal error, please report it: " + text(conversations.processed)
            + " conversations processed, " + text(conversations.skipped) + " skipped and " + text(conversations.failed)
            + " failed are not the " + text(conversations.taken)
            + " that were taken. Trust the table, not the summary; verify tells what is in it."};
    }
}

void RunFacts::add(ConversationId const& id, MessageCounts const& counts, MessageDays const& days)
{
    if (!counts.adds_up()) {
        throw std::logic_error{"internal error, please report it: of conversation " + printable(id) + " "
            + text(counts.fetched) + " messages were fetched, but " + text(counts.fresh) + " are new, "
            + text(counts.stored) + " stored, " + text(counts.excluded) + " excluded, " + text(counts.failed)
            + " failed. Trust the table, not the summary; verify tells what is in it."};
    }
    numbers_.messages += counts;
    if (history_) {
        history_->messages_seen(days);
    }
}

RunFacts::PaceSource::PaceSource(RunFacts& facts, std::function<FetchingPace()> source) : facts_{facts}
{
    std::lock_guard lock{facts_.mutex_};
    facts_.pace_ = std::move(source);
}

RunFacts::PaceSource::~PaceSource()
{
    std::lock_guard lock{facts_.mutex_};
    auto const last = facts_.pace_();
    facts_.numbers_.traffic = last.freshchat;
    facts_.numbers_.waits = last.waits;
    facts_.pace_ = nullptr;
}

} // namespace backfill::app
