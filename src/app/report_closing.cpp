// The lines that close a run, and what they are checked by.

#include "backfill/app/report.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <stdexcept>
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
    bool const differs = messages_.surplus > 0 || (only_compares() && messages_.fresh > 0);
    return failed_ > 0 || messages_.failed > 0 || failed_before_ > 0 || differs ? 3 : 0;
}

void Report::expect_all_accounted_for() const
{
    std::lock_guard lock{mutex_};
    if (processed_ + skipped_ + failed_ != taken_ || !messages_.adds_up()) {
        throw std::logic_error{"internal error, please report it: " + text(processed_) + " conversations processed, "
            + text(skipped_) + " skipped and " + text(failed_) + " failed are not the " + text(taken_)
            + " that were taken. Trust the table, not the summary; verify tells what is in it."};
    }
}

void Report::add(ConversationId const& id, MessageCounts const& counts)
{
    if (!counts.adds_up()) {
        throw std::logic_error{"internal error, please report it: of conversation " + printable(id) + " "
            + text(counts.fetched) + " messages were fetched, but " + text(counts.fresh) + " are new, "
            + text(counts.stored) + " stored, " + text(counts.excluded) + " excluded, " + text(counts.failed)
            + " failed. Trust the table, not the summary; verify tells what is in it."};
    }
    messages_ += counts;
}

std::string Report::prefix() const
{
    return settings_.command == Command::run    ? "[Backfill]"
        : settings_.command == Command::dry_run ? "[Dry run]"
                                                : "[Verify]";
}

std::string Report::title() const
{
    return settings_.command == Command::run    ? "Backfill Messages"
        : settings_.command == Command::dry_run ? "Backfill Messages (dry run)"
        : settings_.repair                      ? "Verify and Repair Messages"
                                                : "Verify Messages";
}

void Report::print_summary() const
{
    log_.out("");
    log_.out("=== " + title() + " - Complete ===");
    log_.out("Summary: {");
    log_.out("  totalConversations: " + text(processed_ + skipped_ + failed_ + not_reached()) + ",");
    log_.out("  conversationsProcessed: " + text(processed_) + ",");
    if (settings_.mode == Mode::missing) {
        log_.out("  conversationsSkipped: " + text(skipped_) + ",");
    }
    log_.out("  conversationsFailed: " + text(failed_) + ",");
    print_message_totals();
    log_.out("  durationSeconds: '" + seconds(clock_.now() - start_) + "'");
    log_.out("}");
}

void Report::print_message_totals() const
{
    auto const line = [this](char const* name, std::size_t number) {
        log_.out(std::string{"  "} + name + ": " + text(number) + ",");
    };
    if (settings_.command == Command::verify) {
        line("conversationsEqual", equal_);
        line("totalMessagesStored", messages_.stored);
        line(settings_.repair ? "totalMessagesRepaired" : "totalMessagesMissing", messages_.fresh);
        line("totalMessagesSurplus", messages_.surplus);
    } else {
        bool const dry = settings_.command == Command::dry_run;
        line(dry ? "totalMessagesToInsert" : "totalMessagesInserted", messages_.fresh);
        if (settings_.messages.on_conflict == supabase::OnConflict::update) {
            line(dry ? "totalMessagesToUpdate" : "totalMessagesUpdated", messages_.stored);
        }
    }
    line("totalMessagesFailed", messages_.failed);
}

void Report::print_traffic() const
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
