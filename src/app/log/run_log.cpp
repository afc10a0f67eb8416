#include "app/log/run_log.hpp"

#include "app/log/events.hpp"
#include "app/log/words.hpp"

#include "backfill/core/printable.hpp"
#include "backfill/core/version.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace backfill::app {
namespace {

std::string text(std::size_t number)
{
    return std::to_string(number);
}

Field milliseconds(std::string_view name, std::chrono::milliseconds value)
{
    return {name, static_cast<std::size_t>(value.count())};
}

} // namespace

RunLog::RunLog(Settings const& settings, Clock& clock, Log const& log, RejectsSink* rejects)
    : settings_{settings},
      log_{log},
      rejects_{rejects},
      facts_{clock, settings.report_file.empty() ? History::none : History::kept},
      call_log_{log}
{
}

void RunLog::started()
{
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
    log_.out({"run_started", Level::info,
        {{"version", version()}, {"command", name_of(settings_.command)}, {"batch_size", settings_.batch_size},
            {"pace", name_of(settings_.pace)}, milliseconds("rate_limit_delay_ms", settings_.rate_limit_delay),
            milliseconds("batch_delay_ms", settings_.batch_delay), milliseconds("page_delay_ms", settings_.page_delay),
            {"concurrency", settings_.concurrency}, {"mode", name_of(settings_.mode)}, {"shard", shard.index},
            {"shards", shard.count}},
        "=== " + title() + " - Start ===\n" + configuration});
    for (auto const& warning : settings_.warnings) {
        this->warning(warning);
    }
}

void RunLog::fetching_conversations()
{
    facts_.phase_began(Phase::listing);
    log_.out({"conversations_listing", Level::info, {}, "[Backfill] Fetching all conversations from database..."});
}

void RunLog::found(std::size_t taken, std::size_t matching)
{
    facts_.found(taken);
    log_.out({"conversations_found", Level::info, {{"taken", taken}, {"matching", matching}},
        "[Backfill] Found " + text(taken) + " conversations to process"
            + (settings_.selection.limit || settings_.selection.sample ? " (of " + text(matching) + ")"
                                                                       : std::string{})});
}

void RunLog::going_on_after(ConversationId const& id, std::size_t failed_before)
{
    facts_.going_on(failed_before);
    log_.note({"going_on", Level::info, {{"after_conversation", id}, {"failed_before", failed_before}},
        "[Backfill] Going on after conversation " + printable(id) + ", where the last run stopped"
            + (failed_before > 0 ? "; " + text(failed_before) + " conversations before it failed" : std::string{})});
}

void RunLog::no_conversations()
{
    log_.out({"no_conversations", Level::info, {}, "[Backfill] No conversations found in database."});
}

void RunLog::list_ended(std::size_t read, std::size_t unread)
{
    auto const found = facts_.snapshot().conversations.taken;
    if (read == found) {
        return;
    }
    facts_.list_ended(read + unread, unread);
    auto what = "the conversation table changed during the run: " + text(found)
        + " conversations were found at the start, " + text(read) + " were in the list when it was read to its end";
    if (unread > 0) {
        what += ", and " + text(unread)
            + " that are there now were not read (a created_time was changed, or an id is there twice). Run "
              "it again";
    }
    warning(what + ".");
}

void RunLog::batch_started(std::size_t number, std::size_t size)
{
    facts_.batch_began();
    auto const taken = facts_.snapshot().conversations.taken;
    auto const batches = std::max((taken + settings_.batch_size - 1) / settings_.batch_size, number);
    // One write with its blank line: another thread's line must not come between.
    log_.out({"batch_started", Level::info, {{"batch", number}, {"batches", batches}, {"conversations", size}},
        "\n[Backfill] === Batch " + text(number) + "/" + text(batches) + " (" + text(size) + " conversations) ==="});
}

void RunLog::waiting_before_next_batch()
{
    log_.out({"batch_delay", Level::info, {milliseconds("wait_ms", settings_.batch_delay)},
        "[Backfill] Waiting " + std::to_string(settings_.batch_delay.count()) + "ms before next batch..."});
}

void RunLog::handed_out(Conversation const& conversation)
{
    facts_.handed_out(conversation);
}

void RunLog::conversation_skipped(ConversationId const& id)
{
    facts_.conversation_skipped(id);
    if (log_.verbose) {
        log_.note({"conversation_skipped", Level::debug, {{"conversation", id}},
            "[Backfill] Conversation " + printable(id) + " has stored messages: skipped (MODE=missing)"});
    }
}

void RunLog::conversation_done(ConversationId const& id, MessageCounts const& counts, MessageDays const& days)
{
    facts_.conversation_done(id, counts, days);
    if (rejects_ != nullptr) {
        rejects_->conversation_tried(id);
    }
    bool const differs = only_compares() && (counts.fresh > 0 || counts.surplus > 0);
    log_.out({"conversation_done", Level::info,
        {{"conversation", id}, {"new", counts.fresh}, {"stored", counts.stored}, {"excluded", counts.excluded},
            {"failed", counts.failed}, {"surplus", counts.surplus}},
        prefix() + (differs ? " ✗" : " ✓") + " Conversation " + printable(id) + ": " + found_text(counts)});
}

/// "15 new, 2 skipped, 17 total"
std::string RunLog::found_text(MessageCounts const& counts) const
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

void RunLog::conversation_ignored(ConversationId const& id)
{
    log_.note({"conversation_ignored", Level::info, {{"conversation", id}},
        "[Backfill] Conversation " + printable(id) + " is not found at Freshchat: ignored (ON_NOT_FOUND=ignore)"});
}

void RunLog::conversation_failed(FailedConversation const& failed, MessageCounts const& counts, MessageDays const& days)
{
    facts_.conversation_failed(failed, counts, days);
    if (rejects_ != nullptr && counts.fetched > 0) { // else it failed before there was anything to store
        rejects_->conversation_tried(failed.id);
    }
    log_.note({"conversation_failed", Level::error,
        {{"conversation", failed.id}, {"code", failed.code}, {"reason", failed.reason},
            {"messages_failed", counts.failed}},
        "[Backfill] ✗ Failed to process conversation " + printable(failed.id) + ": " + failed.reason
            + (counts.failed > 0 ? " (" + text(counts.failed) + " messages not stored)" : std::string{})});
}

void RunLog::message_failed(ConversationId const& conversation, FailedMessage const& message)
{
    log_.note({"message_failed", Level::error,
        {{"conversation", conversation}, {"message", std::string{message.id}}, {"code", std::string{message.code}},
            {"reason", std::string{message.reason}}},
        "[Backfill] ✗ Failed to store message "
            + (message.id.empty() ? std::string{"(without id)"} : printable(message.id)) + " of conversation "
            + printable(conversation) + ": " + std::string{message.reason}});
    message_lost(conversation, message);
}

void RunLog::message_lost(ConversationId const& conversation, FailedMessage const& message)
{
    facts_.message_failed(message.code);
    if (rejects_ != nullptr) {
        rejects_->message_rejected(conversation, message);
    }
}

void RunLog::compared(ConversationId const& conversation, std::vector<std::string_view> const& missing,
    std::vector<std::string_view> const& surplus)
{
    auto const list = [&](char const* event, char const* what, std::vector<std::string_view> const& ids) {
        for (auto const& id : ids) {
            log_.out({event, Level::warning, {{"conversation", conversation}, {"message", std::string{id}}},
                std::string{"[Verify] "} + what + " message " + printable(id) + " of conversation "
                    + printable(conversation)});
        }
    };
    list("message_missing", "Missing:", missing);
    list("message_surplus", "Surplus:", surplus);
}

void RunLog::message_excluded(ConversationId const& conversation, std::string_view message, std::string const& reason)
{
    if (!log_.verbose) {
        return;
    }
    auto const why = printable(reason, 60);
    log_.note({"message_excluded", Level::debug,
        {{"conversation", conversation}, {"message", std::string{message}}, {"reason", why}},
        "[Backfill] Message " + printable(message) + " of conversation " + printable(conversation)
            + " is excluded: " + why});
}

void RunLog::warning(std::string const& what)
{
    log_.note(warning_event(what));
}

void RunLog::fatal(std::string const& what)
{
    facts_.fatal(what);
    log_.note(fatal_event(what));
}

void RunLog::attempt_ended(Attempt const& attempt)
{
    facts_.attempt_ended(attempt);
    call_log_.attempt_ended(attempt);
}

void RunLog::retry_follows(std::string_view side, http::Outcome const& failed, int next_try, int tries)
{
    facts_.retry_follows(side);
    call_log_.retry_follows(side, failed, next_try, tries);
}

} // namespace backfill::app
