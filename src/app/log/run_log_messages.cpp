#include "app/log/run_log.hpp"

#include "backfill/core/ascii.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/core/utf8.hpp"

#include <fmt/format.h>

#include <map>

namespace backfill::app {
namespace {

/// The same text for ids that differ in case or surrounding blanks alone.
std::string spelled_alike(std::string_view id)
{
    return ascii_lower(trim(id));
}

} // namespace

void RunLog::message_failed(ConversationId const& conversation, FailedMessage const& message)
{
    log_.note({"message_failed", Level::error,
        {{"conversation", conversation}, {"message", std::string{message.id}}, {"code", std::string{message.code}},
            {"reason", std::string{message.reason}}},
        fmt::format("[Backfill] ✗ Failed to store message {} of conversation {}: {}",
            message.id.empty() ? "(without id)" : printable(message.id), printable(conversation), message.reason)});
    message_lost(conversation, message);
}

void RunLog::message_lost(ConversationId const& conversation, FailedMessage const& message)
{
    facts_.update([&message](RunSnapshot& run) {
        std::string const code{message.code};
        ++run.message_failures[code];
        if (!message.advice.empty()) {
            run.refusal_advice[code] = message.advice;
        }
    });
    if (rejects_ != nullptr) {
        rejects_->message_rejected(conversation, message);
    }
}

void RunLog::message_stored_elsewhere(
    ConversationId const& conversation, std::string_view message, ConversationId const& stored_under)
{
    facts_.update([](RunSnapshot& run) { ++run.stored_elsewhere; });
    if (log_.verbose) {
        log_.note({"message_stored_elsewhere", Level::debug,
            {{"conversation", conversation}, {"message", std::string{message}}, {"stored_under", stored_under}},
            fmt::format("[Backfill] Message {} of conversation {} is stored under conversation {}", printable(message),
                printable(conversation), printable(stored_under))});
    }
}

void RunLog::compared(ConversationId const& conversation, std::vector<std::string> const& missing,
    std::vector<std::string> const& surplus)
{
    std::map<std::string, std::string> spellings; // of those in the table
    for (auto const& id : surplus) {
        spellings.emplace(spelled_alike(id), id);
    }
    auto const list = [&](char const* event, char const* what, std::vector<std::string> const& ids, auto hint) {
        for (auto const& id : ids) {
            log_.out({event, Level::warning, {{"conversation", conversation}, {"message", id}},
                fmt::format("[Verify] {} message {} of conversation {}{}", what, printable(id), printable(conversation),
                    hint(id))});
        }
    };
    list("message_missing", "Missing:", missing, [&](std::string const& id) {
        auto const alike = spellings.find(spelled_alike(id));
        return alike == spellings.end()
            ? ""
            : fmt::format(" (the table has \"{}\": only case or blanks differ)", printable(alike->second));
    });
    list("message_surplus", "Surplus:", surplus, [](std::string const&) { return ""; });
}

void RunLog::message_excluded(ConversationId const& conversation, std::string_view message, std::string const& reason)
{
    if (!log_.verbose) {
        return;
    }
    auto const why = printable(reason, 60);
    log_.note({"message_excluded", Level::debug,
        {{"conversation", conversation}, {"message", std::string{message}}, {"reason", why}},
        fmt::format("[Backfill] Message {} of conversation {} is excluded: {}", printable(message),
            printable(conversation), why)});
}

} // namespace backfill::app
