#include "app/setting_specs.hpp"

#include "backfill/core/version.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace backfill::app {
namespace {

std::string option_column(SettingSpec const& spec)
{
    std::string column = spec.short_option == '\0' ? "      " : std::string{"  -"} + spec.short_option + ", ";
    column += spec.option;
    column += spec.kind == SettingKind::flag ? "" : "=VALUE";
    return column;
}

std::string commands_text(SettingSpec const& spec)
{
    std::string text;
    for (auto const& command : spec.commands) {
        text += (text.empty() ? " (" : ", ") + command;
    }
    return text.empty() ? text : text + " only)";
}

} // namespace

std::vector<SettingSpec> const& setting_specs()
{
    using enum SettingKind;
    static std::vector<SettingSpec> const specs{
        {{"FRESHCHAT_TOKEN"}, "", '\0', secret, "", "Freshchat API token (required)"},
        {{"FRESHCHAT_DOMAIN"}, "--freshchat-domain", '\0', value, "", "acme.freshchat.com, or a URL (required)"},
        {{"SUPABASE_URL", "NEXT_PUBLIC_SUPABASE_URL"}, "--supabase-url", '\0', value, "", "project URL (required)"},
        {{"SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_SECRET_KEY", "NEXT_PUBLIC_SUPABASE_SERVICE_ROLE_KEY"}, "", '\0',
            secret, "", "key with full access (one key is required)"},
        {{"SUPABASE_ANON_KEY", "SUPABASE_PUBLISHABLE_KEY", "NEXT_PUBLIC_SUPABASE_ANON_KEY"}, "", '\0', secret, "",
            "used only when no key with full access is set"},
        {{"BATCH_SIZE"}, "--batch-size", '\0', value, "50", "conversations per batch, 1-1000"},
        {{"RATE_LIMIT_DELAY"}, "--rate-limit-delay", '\0', value, "1000", "ms after each conversation, 0-3600000"},
        {{"BATCH_DELAY"}, "--batch-delay", '\0', value, "5000", "ms between batches, 0-3600000"},
        {{"PAGE_DELAY"}, "--page-delay", '\0', value, "500", "ms between the pages of one conversation, 0-3600000"},
        {{"VERBOSE_LOG"}, "--verbose", 'v', flag, "0", "a line on stderr per request and per excluded message"},
        {{"LOG_FORMAT"}, "--log-format", '\0', value, "text", "text, or json: one object a line on both streams"},
        {{"PROGRESS"}, "--progress", '\0', value, "auto",
            "auto (a rewritten line on a terminal, else plain lines), plain or none"},
        {{"PROGRESS_INTERVAL"}, "--progress-interval", '\0', value, "30s", "between plain progress lines, 1s-24h"},
        {{"SUMMARY_FILE"}, "--summary-file", '\0', value, "", "the whole result as JSON, however the run ends"},
        {{"REPORT_FILE"}, "--report-file", '\0', value, "", "a page about the run (HTML), however it ends"},
        {{"CONCURRENCY"}, "--concurrency", '\0', value, "1", "conversations fetched at once, 1-64 (PACE=adaptive: 8)"},
        {{"PACE"}, "--pace", '\0', value, "fixed",
            "fixed: the three delays above; adaptive: as fast as the account's quota allows"},
        {{"MAX_REQUESTS_PER_MINUTE"}, "--max-requests-per-minute", '\0', value, "0",
            "adaptive: the account's quota where it is known, 0 = learn it"},
        {{"QUOTA_SHARE"}, "--quota-share", '\0', value, "0.9",
            "adaptive: how much of the quota to use, 0.01-1; the rest is left to live traffic"},
        {{"MAX_WAIT"}, "--max-wait", '\0', value, "15m", "adaptive: how long one call may wait for quota, 1s-24h"},
        {{"MODE"}, "--mode", '\0', value, "full",
            "full, incremental (ends a conversation at a page without news) or missing (only conversations without any "
            "stored message)"},
        {{"MAX_DURATION"}, "--max-duration", '\0', value, "", "stop cleanly after this time (90s, 2h), exit code 10"},
        {{"STATE_FILE"}, "--state-file", '\0', value, "",
            "remembers the learned quota, and where MAX_DURATION stopped the run"},
        {{"REJECTS_FILE"}, "--rejects-file", '\0', value, "",
            "a line of JSON for each message that could not be stored"},
        {{"REJECTS_WITH_ROWS"}, "--rejects-with-rows", '\0', flag, "0", "with the rows themselves: customers' text"},
        {{"FROM_REJECTS"}, "--from-rejects", '\0', value, "", "only the conversations of such a file",
            {"run", "dry-run"}},
        {{"REPAIR"}, "--repair", '\0', flag, "0", "store what is missing", {"verify"}},
        {{"SAMPLE"}, "--sample", '\0', value, "", "only so many conversations, drawn at random", {"verify"}},
        {{"SHARD"}, "--shard", '\0', value, "", "i/n: only the i-th of n parts of the conversations, from 0"},
        {{"SHARD_COUNT"}, "--shard-count", '\0', value, "", "n of SHARD, with i from JOB_COMPLETION_INDEX"},
        {{"CREATED_FROM"}, "--created-from", '\0', value, "", "only conversations created then or later (ISO 8601)"},
        {{"CREATED_TO"}, "--created-to", '\0', value, "",
            "only conversations created then or earlier; a date means its whole day"},
        {{"CONVERSATION_IDS"}, "--conversation-id", '\0', list, "",
            "only these (variable: comma-separated; option: repeatable)"},
        {{"CONVERSATIONS_FILE"}, "--conversations-file", '\0', value, "",
            "only these, one id a line, - = standard input"},
        {{"MAX_CONVERSATIONS"}, "--limit", '\0', value, "", "at most so many conversations"},
        {{"EXCLUDE_ACTOR_TYPES"}, "--exclude-actor-types", '\0', value, "system", "comma list, none = keep all"},
        {{"EXCLUDE_MESSAGE_TYPES"}, "--exclude-message-types", '\0', value, "none", "comma list, e.g. private,system"},
        {{"ON_NOT_FOUND"}, "--on-not-found", '\0', value, "fail",
            "a conversation unknown to Freshchat: fail or ignore"},
        {{"CONVERSATION_TABLE"}, "--conversation-table", '\0', value, "Conversation", "table to read"},
        {{"MESSAGE_TABLE"}, "--message-table", '\0', value, "Message", "table to fill"},
        {{"MESSAGE_COLUMNS"}, "--message-columns", '\0', value,
            "id,conversationid,actor_type,message_parts,created_time", "field or field=column, comma list"},
        {{"ON_CONFLICT"}, "--on-conflict", '\0', value, "ignore", "stored rows: ignore or update"},
        {{"REQUEST_TIMEOUT"}, "--request-timeout", '\0', value, "60", "seconds for one whole call, 1-600"},
        {{"CONNECT_TIMEOUT"}, "--connect-timeout", '\0', value, "10", "seconds, 1-600"},
        {{"CA_FILE"}, "--ca-file", '\0', value, "", "extra PEM roots"},
        {{"ALLOW_HTTP"}, "--allow-http", '\0', flag, "0", "allow plain http to other hosts than this machine"},
    };
    return specs;
}

SettingSpec const& setting_spec(std::string const& name)
{
    auto const& specs = setting_specs();
    auto const found = std::find_if(
        specs.begin(), specs.end(), [&](SettingSpec const& spec) { return spec.variables.front() == name; });
    if (found == specs.end()) {
        throw std::logic_error{"no setting " + name};
    }
    return *found;
}

std::string help_text()
{
    std::ostringstream out;
    out << "freshchat-backfill " << version() << ": fills the gaps of a Supabase Message table from Freshchat\n\n"
        << "Usage: freshchat-backfill COMMAND [options]\n\n"
        << "Commands:\n"
        << "  run       fetch the messages of every conversation and store those that are missing\n"
        << "  dry-run   read both sides and say what a run would store; writes nothing\n"
        << "  verify    compare the ids of both sides and list what is missing and what is surplus\n\n"
        << "Settings (option, variable, default). An option wins over a variable, a variable over --env-file.\n"
        << "Secrets have no option: set NAME, or NAME_FILE to a file that holds it.\n";
    for (auto const& spec : setting_specs()) {
        if (!spec.option.empty()) {
            out << option_column(spec) << "\n";
        }
        out << "          ";
        for (auto const& variable : spec.variables) {
            out << (variable == spec.variables.front() ? "" : ", ") << variable;
        }
        out << (spec.fallback.empty() ? "" : " [" + spec.fallback + "]") << "\n          " << spec.meaning
            << commands_text(spec) << "\n";
    }
    out << "      --env-file=FILE\n          NAME=value lines\n"
        << "      --help, --version\n\n"
        << "Exit codes: 0 all stored (verify: both sides are equal); 1 fatal; 2 wrong usage, nothing sent; 3 some "
           "conversations or messages failed or "
           "differ, run again;\n"
        << "10 stopped at MAX_DURATION, run again to go on; 130, 143 stopped by SIGINT, SIGTERM.";
    return out.str();
}

} // namespace backfill::app
