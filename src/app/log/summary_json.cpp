#include "app/log/summary_json.hpp"

#include "app/log/number_text.hpp"
#include "app/log/run_estimate.hpp"
#include "app/log/words.hpp"

#include "backfill/core/timestamp.hpp"
#include "backfill/core/version.hpp"

#include <utility>
#include <vector>

namespace backfill::app {
namespace {

constexpr int kDecimals = 3; // of seconds

using Numbers = std::vector<std::pair<char const*, std::size_t>>;

void object(JsonWriter& json, char const* name, auto const& write_members)
{
    json.key(name);
    json.begin('{');
    write_members();
    json.end('}');
}

void numbers(JsonWriter& json, char const* name, auto const& by_name)
{
    object(json, name, [&] {
        for (auto const& [key, number] : by_name) {
            json.member(key, number);
        }
    });
}

void what_became(JsonWriter& json, Settings const& settings, RunSnapshot const& run)
{
    bool const compares = settings.command == Command::verify; // the others cannot know what is equal or surplus
    auto const& conversations = run.conversations;
    Numbers became{{"total", conversations.done() + conversations.not_reached()},
        {"processed", conversations.processed}, {"skipped", conversations.skipped}, {"failed", conversations.failed},
        {"not_reached", conversations.not_reached()}};
    if (compares) {
        became.emplace_back("equal", conversations.equal);
    }
    numbers(json, "conversations", became);
    Numbers messages{{"fetched", run.messages.fetched}};
    for (auto const& [name, fate] : kMessageFates) {
        if (compares || fate != &MessageCounts::surplus) {
            messages.emplace_back(name, run.messages.*fate);
        }
    }
    messages.emplace_back("without_text", run.messages.without_text);
    numbers(json, "messages", messages);
    numbers(json, "conversation_failures", run.conversation_failures);
    numbers(json, "message_failures", run.message_failures);
    json.member("failed_in_earlier_parts", run.failed_before);
}

void requests(JsonWriter& json, char const* side, Calls const& calls)
{
    object(json, side, [&] {
        json.member("total", calls.sent);
        json.member("retried", calls.retried);
        json.member("seconds", rounded_seconds(calls.time, kDecimals));
        numbers(json, "by_outcome", calls.by_outcome);
    });
}

void quota(JsonWriter& json, RunSnapshot const& run)
{
    object(json, "quota", [&] {
        json.member("ceiling_per_minute", run.traffic.ceiling_per_minute);
        json.member("origin", name_of(run.traffic.origin));
        json.member("used_ratio", run.traffic.used_ratio);
        json.member("throttled", run.freshchat.throttled());
        json.member("limited_by", run.waits.longest());
        object(json, "waited_seconds", [&] {
            for (auto const& [name, wait] : kWaits) {
                json.member(name, rounded_seconds(run.waits.*wait, kDecimals));
            }
        });
    });
}

void estimate(JsonWriter& json, RunEstimate const& run)
{
    object(json, "run_estimate", [&] {
        json.member("freshchat_requests", run.freshchat_requests);
        json.member("supabase_requests", run.supabase_requests);
        json.member("duration_seconds", rounded_seconds(run.duration, kDecimals));
    });
}

void failed_conversations(JsonWriter& json, RunFacts const& facts, std::size_t all)
{
    auto const kept = facts.failed_conversations();
    json.key("failed_conversations");
    json.begin('[');
    for (auto const& failed : kept) {
        json.begin('{');
        json.member("id", failed.id);
        json.member("code", std::string{code_of(failed.failure)});
        json.member("reason", failed.reason);
        json.end('}');
    }
    json.end(']');
    json.member("failed_conversations_left_out", all - kept.size());
}

} // namespace

void write_result(JsonWriter& json, Settings const& settings, RunSnapshot const& run, RunEnd const& end)
{
    json.member("version", version());
    json.member("command", name_of(settings.command));
    json.member("dry_run", settings.command == Command::dry_run);
    json.member("mode", name_of(settings.mode));
    json.member("ending", name_of(end.ending));
    json.member("exit_code", static_cast<std::size_t>(end.exit_code));
    if (!run.fatal.empty()) {
        json.member("fatal", run.fatal);
    }
    if (!end.output_error.empty()) {
        json.member("output_error", end.output_error);
    }
    json.member("started_at", timestamp_text(run.started));
    json.member("ended_at", timestamp_text(end.at));
    json.member("duration_seconds", rounded_seconds(run.elapsed, kDecimals));
    what_became(json, settings, run);
    object(json, "requests", [&] {
        requests(json, "freshchat", run.freshchat);
        requests(json, "supabase", run.supabase);
    });
    quota(json, run);
    if (settings.command == Command::dry_run && end.ending == Ending::complete) {
        estimate(json, estimate_run(settings, run));
    }
}

std::string summary_json(Settings const& settings, RunFacts const& facts, RunEnd const& end)
{
    auto const run = facts.snapshot();
    std::string text;
    JsonWriter json{text};
    json.begin('{');
    write_result(json, settings, run, end);
    failed_conversations(json, facts, run.conversations.failed);
    json.end('}');
    return text + "\n";
}

} // namespace backfill::app
