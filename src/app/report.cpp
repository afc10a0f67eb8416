#include "backfill/app/report.hpp"

#include <algorithm>
#include <utility>

namespace backfill::app {
namespace {

std::string text(std::size_t number)
{
    return std::to_string(number);
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

Report::Report(Settings const& settings, Clock& clock, Log const& log, RejectsSink* rejects)
    : settings_{settings}, clock_{clock}, log_{log}, rejects_{rejects}, start_{clock.now()}
{
}

void Report::started()
{
    log_.out("=== " + title() + " - Start ===");
    auto configuration = "Configuration: BATCH_SIZE=" + text(settings_.batch_size);
    bool const adaptive = settings_.pace == Pace::adaptive;
    configuration += adaptive ? ", PACE=adaptive"
                              : ", RATE_LIMIT_DELAY=" + std::to_string(settings_.rate_limit_delay.count())
            + "ms, BATCH_DELAY=" + std::to_string(settings_.batch_delay.count()) + "ms";
    configuration += adaptive || settings_.concurrency > 1 ? ", CONCURRENCY=" + text(settings_.concurrency) : "";
    configuration += settings_.mode == Mode::incremental ? ", MODE=incremental"
        : settings_.mode == Mode::missing                ? ", MODE=missing"
                                                         : "";
    auto const& shard = settings_.selection.shard;
    configuration += shard.count > 1 ? ", SHARD=" + text(shard.index) + "/" + text(shard.count) : "";
    log_.out(configuration);
    for (auto const& warning : settings_.warnings) {
        this->warning(warning);
    }
}

void Report::fetching_conversations()
{
    log_.out("[Backfill] Fetching all conversations from database...");
}

void Report::found(std::size_t taken, std::size_t matching)
{
    {
        std::lock_guard lock{mutex_};
        taken_ = taken;
    }
    log_.out("[Backfill] Found " + text(taken) + " conversations to process"
        + (settings_.selection.limit || settings_.selection.sample ? " (of " + text(matching) + ")" : std::string{}));
}

void Report::going_on_after(ConversationId const& id, std::size_t failed_before)
{
    {
        std::lock_guard lock{mutex_};
        failed_before_ = failed_before;
    }
    log_.note("[Backfill] Going on after conversation " + printable(id) + ", where the last run stopped"
        + (failed_before > 0 ? "; " + text(failed_before) + " conversations before it failed" : std::string{}));
}

void Report::no_conversations()
{
    log_.out("[Backfill] No conversations found in database.");
}

void Report::list_ended(std::size_t total)
{
    {
        std::lock_guard lock{mutex_};
        if (total == taken_) {
            return;
        }
        std::swap(total, taken_);
    }
    warning("the conversation table changed during the run: " + text(total) + " conversations were found at the start, "
        + text(taken_) + " were in the list when it was read to its end.");
}

void Report::batch_started(std::size_t number, std::size_t size)
{
    std::size_t batches = 0;
    {
        std::lock_guard lock{mutex_};
        batch_began_ = true;
        batches = (taken_ + settings_.batch_size - 1) / settings_.batch_size;
    }
    // One write with its blank line: another thread's line must not come between.
    log_.out("\n[Backfill] === Batch " + text(number) + "/" + text(std::max(batches, number)) + " (" + text(size)
        + " conversations) ===");
}

void Report::waiting_before_next_batch()
{
    log_.out("[Backfill] Waiting " + std::to_string(settings_.batch_delay.count()) + "ms before next batch...");
}

void Report::handed_out(Conversation const& conversation)
{
    std::lock_guard lock{mutex_};
    frontier_.handed_out(conversation);
}

void Report::conversation_skipped(ConversationId const& id)
{
    {
        std::lock_guard lock{mutex_};
        ++skipped_;
        frontier_.ended(id, Frontier::Result::fine);
    }
    if (log_.verbose) {
        log_.note("[Backfill] Conversation " + printable(id) + " has stored messages: skipped (MODE=missing)");
    }
}

void Report::conversation_done(ConversationId const& id, MessageCounts const& counts)
{
    {
        std::lock_guard lock{mutex_};
        ++processed_;
        equal_ += counts.fresh == 0 && counts.surplus == 0 && counts.failed == 0 ? 1 : 0;
        frontier_.ended(id, counts.failed > 0 ? Frontier::Result::failed : Frontier::Result::fine);
        add(id, counts);
    }
    bool const differs = only_compares() && (counts.fresh > 0 || counts.surplus > 0);
    log_.out(prefix() + (differs ? " ✗" : " ✓") + " Conversation " + printable(id) + ": " + found_text(counts));
}

/// "15 new, 2 skipped, 17 total"
std::string Report::found_text(MessageCounts const& counts) const
{
    auto const failed = counts.failed > 0 ? text(counts.failed) + " failed, " : std::string{};
    auto const total = text(counts.fresh + counts.stored + counts.failed) + " total";
    if (settings_.command == Command::verify) {
        return text(counts.stored) + " stored, " + text(counts.fresh)
            + (settings_.repair ? " repaired, " : " missing, ") + text(counts.surplus) + " surplus, " + failed + total;
    }
    bool const dry = settings_.command == Command::dry_run;
    auto const* stored = settings_.messages.on_conflict == supabase::OnConflict::update
        ? (dry ? " would be updated, " : " updated, ")
        : " skipped, ";
    return text(counts.fresh) + (dry ? " would be inserted, " : " new, ") + text(counts.stored) + stored + failed
        + total;
}

void Report::conversation_ignored(ConversationId const& id)
{
    log_.note("[Backfill] Conversation " + printable(id) + " is not found at Freshchat: ignored (ON_NOT_FOUND=ignore)");
    conversation_done(id, {});
}

void Report::conversation_failed(ConversationId const& id, std::string const& reason, MessageCounts const& counts)
{
    {
        std::lock_guard lock{mutex_};
        ++failed_;
        frontier_.ended(id, Frontier::Result::failed);
        add(id, counts);
    }
    log_.note("[Backfill] ✗ Failed to process conversation " + printable(id) + ": " + reason
        + (counts.failed > 0 ? " (" + text(counts.failed) + " messages not stored)" : std::string{}));
}

void Report::message_failed(ConversationId const& conversation, FailedMessage const& message)
{
    log_.note("[Backfill] ✗ Failed to store message "
        + (message.id.empty() ? std::string{"(without id)"} : printable(message.id)) + " of conversation "
        + printable(conversation) + ": " + std::string{message.reason});
    message_lost(conversation, message);
}

void Report::message_lost(ConversationId const& conversation, FailedMessage const& message)
{
    if (rejects_ != nullptr) {
        rejects_->message_rejected(conversation, message);
    }
}

void Report::compared(ConversationId const& conversation, std::vector<std::string_view> const& missing,
    std::vector<std::string_view> const& surplus)
{
    auto const list = [&](char const* what, std::vector<std::string_view> const& ids) {
        for (auto const& id : ids) {
            log_.out(std::string{"[Verify] "} + what + " message " + printable(id) + " of conversation "
                + printable(conversation));
        }
    };
    list("Missing:", missing);
    list("Surplus:", surplus);
}

void Report::message_excluded(ConversationId const& conversation, std::string_view message, std::string const& reason)
{
    log_.note("[Backfill] Message " + printable(message) + " of conversation " + printable(conversation)
        + " is excluded: " + printable(reason, 60));
}

void Report::warning(std::string const& what)
{
    log_.note("[Backfill] Warning: " + what);
}

void Report::fatal(std::string const& what)
{
    log_.note("[Backfill] Fatal: " + what);
}

void Report::freshchat_traffic(http::Traffic const& traffic, LimitedBy limited_by)
{
    std::lock_guard lock{mutex_};
    traffic_ = traffic;
    limited_by_ = limited_by;
}

} // namespace backfill::app
