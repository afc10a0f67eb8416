#include "app/log/run_log.hpp"

#include "app/log/events.hpp"
#include "app/log/number_text.hpp"
#include "app/log/words.hpp"

#include "backfill/core/printable.hpp"
#include "backfill/core/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace backfill::app {
namespace {

Field milliseconds(std::string_view name, std::chrono::milliseconds value)
{
    return {name, static_cast<std::size_t>(value.count())};
}

std::string configuration(Settings const& settings)
{
    bool const adaptive = settings.pace == Pace::adaptive;
    auto const& shard = settings.selection.shard;
    auto text = fmt::format("Configuration: BATCH_SIZE={}", settings.batch_size);
    text += adaptive ? ", PACE=adaptive"
                     : fmt::format(", RATE_LIMIT_DELAY={}ms, BATCH_DELAY={}ms", settings.rate_limit_delay.count(),
                         settings.batch_delay.count());
    text += adaptive || settings.concurrency > 1 ? fmt::format(", CONCURRENCY={}", settings.concurrency) : "";
    text += settings.mode != Mode::full ? ", MODE=" + name_of(settings.mode) : "";
    text += shard.count > 1 ? fmt::format(", SHARD={}/{}", shard.index, shard.count) : "";
    return text;
}

/// "15 new, 2 skipped, 17 total"
std::string found_text(Settings const& settings, MessageCounts const& counts)
{
    auto const words = message_words(settings);
    auto const fresh = fmt::format("{} {}, ", counts.fresh, words.fresh.told);
    auto const stored = fmt::format("{} {}, ", counts.stored, words.stored.told);
    auto const failed = counts.failed > 0 ? fmt::format("{} failed, ", counts.failed) : "";
    auto const found = settings.command == Command::verify
        ? fmt::format("{}{}{} surplus, ", stored, fresh, counts.surplus)
        : fresh + stored;
    auto const total = counts.fresh + counts.stored + counts.failed;
    auto const excluded = total == 0 && counts.excluded > 0 ? fmt::format(" ({} excluded)", counts.excluded) : "";
    return fmt::format("{}{}{} total{}", found, failed, total, excluded);
}

} // namespace

RunLog::RunLog(
    Settings const& settings, RunFacts& facts, Log const& log, RejectsSink* rejects, PartedConversations* parted)
    : settings_{settings}, facts_{facts}, log_{log}, rejects_{rejects}, parted_{parted}, call_log_{log}
{
}

void RunLog::conversation_parted(ConversationId const& id)
{
    if (parted_ != nullptr) {
        parted_->parted(id);
    }
}

bool RunLog::may_be_parted(ConversationId const& id, std::size_t stored_rows) const
{
    return parted_ != nullptr ? parted_->may_be_parted(id, stored_rows) : stored_rows >= ChunkLimits{}.rows;
}

void RunLog::started()
{
    auto const& shard = settings_.selection.shard;
    log_.out({"run_started", Level::info,
        {{"version", version()}, {"command", name_of(settings_.command)}, {"batch_size", settings_.batch_size},
            {"pace", name_of(settings_.pace)}, milliseconds("rate_limit_delay_ms", settings_.rate_limit_delay),
            milliseconds("batch_delay_ms", settings_.batch_delay), milliseconds("page_delay_ms", settings_.page_delay),
            {"concurrency", settings_.concurrency}, {"mode", name_of(settings_.mode)}, {"shard", shard.index},
            {"shards", shard.count}},
        fmt::format("=== {} - Start ===\n{}", command_words(settings_).title, configuration(settings_))});
    for (auto const& warning : settings_.warnings) {
        this->warning(warning);
    }
}

void RunLog::fetching_conversations()
{
    facts_.update([](RunSnapshot& run) { run.phase = Phase::listing; });
    log_.out({"conversations_listing", Level::info, {}, "[Backfill] Fetching all conversations from database..."});
}

void RunLog::only_updated_since(std::string const& time)
{
    if (log_.verbose) {
        log_.note({"updated_since", Level::debug, {{"time", time}},
            fmt::format("[Backfill] Only conversations that were updated since {}, or never", time)});
    }
}

void RunLog::found(std::size_t taken, std::size_t matching)
{
    facts_.update([taken](RunSnapshot& run) {
        run.phase = Phase::running;
        run.conversations.taken = taken;
    });
    bool const some = settings_.selection.limit || settings_.selection.sample;
    log_.out({"conversations_found", Level::info, {{"taken", taken}, {"matching", matching}},
        fmt::format("[Backfill] Found {} to process{}", plain_counted(taken, "conversation"),
            some ? fmt::format(" (of {})", matching) : "")});
}

void RunLog::going_on_after(ConversationId const& id, std::size_t failed_before)
{
    facts_.update([failed_before](RunSnapshot& run) { run.failed_before = failed_before; });
    log_.note({"going_on", Level::info, {{"after_conversation", id}, {"failed_before", failed_before}},
        fmt::format("[Backfill] Going on after conversation {}, where the last run stopped{}", printable(id),
            failed_before > 0 ? fmt::format("; {} before it failed", plain_counted(failed_before, "conversation"))
                              : "")});
}

void RunLog::no_conversations()
{
    log_.out({"no_conversations", Level::info, {}, "[Backfill] No conversations found in database."});
}

void RunLog::list_is_estimate()
{
    warning("counting the rows of table " + printable(settings_.conversations.name)
        + " takes the database longer than a statement may: the number of conversations is its estimate.");
}

void RunLog::rows_without_id(std::size_t rows)
{
    warning(fmt::format("{} of table {} {} left out: {} is NULL, so {} no conversation of Freshchat.",
        counted(rows, "row"), printable(settings_.conversations.name), rows == 1 ? "is" : "are",
        printable(settings_.conversations.id), rows == 1 ? "it names" : "they name"));
}

void RunLog::list_ended(ListEnd const& list)
{
    auto const& [read, unread, late, repeated, estimated] = list;
    auto const found = facts_.snapshot().conversations.taken;
    facts_.update([&list](RunSnapshot& run) {
        run.conversations.taken = list.read + list.unread + list.late;
        run.conversations.unread = list.unread + list.late;
    });
    if (repeated > 0) {
        bool const one = repeated == 1;
        warning(fmt::format("{} of table {} {} the id of the row before: {} left out. Is {} the right column "
                            "(CONVERSATION_COLUMNS)?",
            counted(repeated, "row"), printable(settings_.conversations.name),
            one ? "has no id or repeats" : "have no id or repeat", one ? "it is" : "they are",
            printable(settings_.conversations.id)));
    }
    if (late > 0) {
        warning(fmt::format("{} came with a time that lies before the place where this run went on. Run it again: it "
                            "begins at the oldest then.",
            plain_counted(late, "conversation")));
    }
    if (unread == 0 && (estimated || (read <= found && read + repeated >= found))) {
        return;
    }
    auto const moved =
        fmt::format(", {} there now and not read (with an old time, or a changed one). Run it again", unread);
    warning(fmt::format("the conversation table changed during the run: {} found at the start, {} in the list when it "
                        "was read to its end{}.",
        plain_counted(found, "conversation"), read, unread > 0 ? moved : ""));
}

void RunLog::batch_started(std::size_t number, std::size_t size)
{
    facts_.update([](RunSnapshot& run) { run.batch_began = true; });
    auto const taken = facts_.snapshot().conversations.taken;
    auto const batches = std::max((taken + settings_.batch_size - 1) / settings_.batch_size, number);
    // One write with its blank line: another thread's line must not come between.
    log_.out({"batch_started", Level::info, {{"batch", number}, {"batches", batches}, {"conversations", size}},
        fmt::format("\n[Backfill] === Batch {}/{} ({}) ===", number, batches, plain_counted(size, "conversation"))});
}

void RunLog::waiting_before_next_batch()
{
    log_.out({"batch_delay", Level::info, {milliseconds("wait_ms", settings_.batch_delay)},
        fmt::format("[Backfill] Waiting {}ms before next batch...", settings_.batch_delay.count())});
}

void RunLog::conversation_gone(ConversationId const& id)
{
    if (parted_ != nullptr) {
        parted_->complete(id, 0);
    }
}

void RunLog::conversation_skipped(ConversationId const& id)
{
    facts_.conversation_skipped(id);
    if (log_.verbose) {
        log_.note({"conversation_skipped", Level::debug, {{"conversation", id}},
            fmt::format("[Backfill] Conversation {} has stored messages: skipped (MODE=missing)", printable(id))});
    }
}

void RunLog::conversation_done(ConversationId const& id, MessageCounts const& counts)
{
    log_.out(done(id, counts));
}

void RunLog::conversations_done(std::vector<DoneConversation> const& done)
{
    std::vector<Event> events;
    for (auto const& [id, counts] : done) {
        events.push_back(this->done(id, counts));
    }
    if (!events.empty()) {
        log_.results(events);
    }
}

/// Counts it, and returns its line.
Event RunLog::done(ConversationId const& id, MessageCounts const& counts)
{
    facts_.conversation_done(id, counts);
    if (rejects_ != nullptr) {
        rejects_->conversation_tried(id);
    }
    if (parted_ != nullptr) {
        auto const read = settings_.mode == Mode::incremental ? 0 : counts.fetched;
        parted_->whole(id);
        counts.failed > 0 ? parted_->lacking(id) : parted_->complete(id, read);
    }
    bool const differs = settings_.only_compares() && (counts.fresh > 0 || counts.surplus > 0);
    return {"conversation_done", Level::info,
        {{"conversation", id}, {"new", counts.fresh}, {"stored", counts.stored}, {"excluded", counts.excluded},
            {"failed", counts.failed}, {"surplus", counts.surplus}},
        fmt::format("{} {} Conversation {}: {}", command_words(settings_).prefix, differs ? "✗" : "✓", printable(id),
            found_text(settings_, counts))};
}

void RunLog::conversation_ignored(ConversationId const& id)
{
    log_.note({"conversation_ignored", Level::info, {{"conversation", id}},
        fmt::format(
            "[Backfill] Conversation {} is not found at Freshchat: ignored (ON_NOT_FOUND=ignore)", printable(id))});
}

void RunLog::conversation_failed(FailedConversation const& failed, MessageCounts const& counts)
{
    facts_.conversation_failed(failed, counts);
    if (rejects_ != nullptr && counts.fetched > 0) { // else it failed before there was anything to store
        rejects_->conversation_tried(failed.id);
    }
    if (parted_ != nullptr && !failed.by_stop) {
        parted_->lacking(failed.id);
    }
    log_.note({"conversation_failed", Level::error,
        {{"conversation", failed.id}, {"code", std::string{code_of(failed.failure)}}, {"reason", failed.reason},
            {"messages_failed", counts.failed}},
        fmt::format("[Backfill] ✗ Failed to process conversation {}: {}{}", printable(failed.id), failed.reason,
            counts.failed > 0 ? fmt::format(" ({} not confirmed as stored)", counted(counts.failed, "message")) : "")});
}

void RunLog::quota_used_up(std::string const& what, std::string const& when)
{
    facts_.update([&when](RunSnapshot& run) { run.quota_back = when; });
    warning(fmt::format("Freshchat's quota is used up: {}. The run stops; run it again {}.", what, when));
}

void RunLog::warning(std::string const& what)
{
    log_.note(warning_event(what));
}

void RunLog::fatal(std::string const& what)
{
    facts_.update([&what](RunSnapshot& run) { run.fatal = what; });
    log_.note(fatal_event(what));
}

void RunLog::attempt_ended(Attempt const& attempt)
{
    facts_.attempt_ended(attempt);
    call_log_.attempt_ended(attempt);
}

void RunLog::retry_follows(std::string_view side, http::Outcome const& failed, int next_try, int tries)
{
    facts_.update([side](RunSnapshot& run) { ++run.calls_to(side).retried; });
    call_log_.retry_follows(side, failed, next_try, tries);
}

} // namespace backfill::app
