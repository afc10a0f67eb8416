#include "backfill/app/report.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <utility>

namespace backfill::app {
namespace {

std::string text(std::size_t number)
{
    return std::to_string(number);
}

std::string seconds(Clock::Duration elapsed)
{
    std::array<char, 32> out{};
    std::snprintf(out.data(), out.size(), "%.2f", std::chrono::duration<double>(elapsed).count());
    return out.data();
}

} // namespace

Report::Report(Settings const& settings, Clock& clock, Log const& log)
    : settings_{settings}, clock_{clock}, log_{log}, start_{clock.now()}
{
}

void Report::started()
{
    auto const* mode = settings_.command == Command::dry_run ? " (dry run)" : "";
    log_.out(std::string{"=== Backfill Messages"} + mode + " - Start ===");
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
        + (settings_.selection.limit ? " (of " + text(matching) + ")" : std::string{}));
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
        frontier_.ended(id, counts.failed > 0 ? Frontier::Result::failed : Frontier::Result::fine);
        add(counts);
    }
    bool const dry = settings_.command == Command::dry_run;
    auto const* stored = settings_.messages.on_conflict == supabase::OnConflict::update
        ? (dry ? " would be updated, " : " updated, ")
        : " skipped, ";
    log_.out(std::string{dry ? "[Dry run]" : "[Backfill]"} + " ✓ Conversation " + printable(id) + ": "
        + text(counts.fresh) + (dry ? " would be inserted, " : " new, ") + text(counts.stored) + stored
        + (counts.failed > 0 ? text(counts.failed) + " failed, " : "")
        + text(counts.fresh + counts.stored + counts.failed) + " total");
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
        add(counts);
    }
    log_.note("[Backfill] ✗ Failed to process conversation " + printable(id) + ": " + reason
        + (counts.failed > 0 ? " (" + text(counts.failed) + " messages not stored)" : std::string{}));
}

void Report::message_failed(ConversationId const& conversation, std::string_view message, std::string const& reason)
{
    log_.note("[Backfill] ✗ Failed to store message "
        + (message.empty() ? std::string{"(without id)"} : printable(message)) + " of conversation "
        + printable(conversation) + ": " + reason);
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

void Report::finished(Ending ending)
{
    std::lock_guard lock{mutex_};
    if (ending != Ending::complete && !batch_began_) {
        return;
    }
    if (ending != Ending::complete) {
        log_.out("[Backfill] Stopped: " + text(not_reached()) + " conversations not reached");
    }
    print_summary();
    if (settings_.pace == Pace::adaptive) {
        print_traffic();
    }
    if (ending == Ending::complete && failed_before_ > 0) {
        warning(text(failed_before_)
            + " conversations failed in the parts that earlier runs did; run it again, from the oldest, to have them "
              "too.");
    }
}

bool Report::all_reached() const
{
    std::lock_guard lock{mutex_};
    return not_reached() == 0;
}

int Report::exit_code() const
{
    std::lock_guard lock{mutex_};
    return failed_ > 0 || messages_.failed > 0 || failed_before_ > 0 ? 3 : 0;
}

void Report::add(MessageCounts const& counts)
{
    messages_.fresh += counts.fresh;
    messages_.stored += counts.stored;
    messages_.failed += counts.failed;
}

void Report::print_summary()
{
    bool const dry = settings_.command == Command::dry_run;
    bool const update = settings_.messages.on_conflict == supabase::OnConflict::update;
    log_.out("");
    log_.out(std::string{"=== Backfill Messages"} + (dry ? " (dry run)" : "") + " - Complete ===");
    log_.out("Summary: {");
    log_.out("  totalConversations: " + text(processed_ + skipped_ + failed_ + not_reached()) + ",");
    log_.out("  conversationsProcessed: " + text(processed_) + ",");
    if (settings_.mode == Mode::missing) {
        log_.out("  conversationsSkipped: " + text(skipped_) + ",");
    }
    log_.out("  conversationsFailed: " + text(failed_) + ",");
    log_.out((dry ? "  totalMessagesToInsert: " : "  totalMessagesInserted: ") + text(messages_.fresh) + ",");
    if (update) {
        log_.out((dry ? "  totalMessagesToUpdate: " : "  totalMessagesUpdated: ") + text(messages_.stored) + ",");
    }
    log_.out("  totalMessagesFailed: " + text(messages_.failed) + ",");
    log_.out("  durationSeconds: '" + seconds(clock_.now() - start_) + "'");
    log_.out("}");
}

void Report::print_traffic()
{
    static constexpr std::array kOrigins{"", "learned", "declared", "given"};
    static constexpr std::array kLimits{"quota", "latency", "supabase", "work"};
    auto line = "[Backfill] Freshchat: " + text(traffic_.requests) + " requests, " + text(traffic_.throttled)
        + " throttled, " + text(traffic_.retried) + " retried; ";
    if (traffic_.origin == http::CeilingOrigin::none) {
        line += "no ceiling met";
    } else {
        line += "ceiling " + text(static_cast<std::size_t>(std::lround(traffic_.ceiling_per_minute))) + "/min ("
            + kOrigins.at(static_cast<std::size_t>(traffic_.origin)) + "), "
            + text(static_cast<std::size_t>(std::lround(traffic_.used_ratio * 100))) + "% used";
    }
    log_.out(line + "; limited by " + kLimits.at(static_cast<std::size_t>(limited_by_)));
}

} // namespace backfill::app
