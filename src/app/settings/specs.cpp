#include "app/settings/specs.hpp"

#include <algorithm>
#include <stdexcept>

namespace backfill::app {

std::vector<SettingSpec> const& setting_specs()
{
    using enum SettingKind;
    static std::vector<std::string> const running{"run", "dry-run", "verify"};
    static std::vector<std::string> const asking{"run", "dry-run", "verify", "doctor"}; // Freshchat, too
    static std::vector<SettingSpec> const specs{
        {{"FRESHCHAT_TOKEN"}, "", '\0', secret, "", "Freshchat API token (required)", asking, {}, Need::required},
        {{"FRESHCHAT_DOMAIN"}, "--freshchat-domain", '\0', url, "", "acme.freshchat.com, or a URL (required)", asking,
            {}, Need::required},
        {{"SUPABASE_URL", "NEXT_PUBLIC_SUPABASE_URL"}, "--supabase-url", '\0', url, "", "project URL (required)", {},
            {}, Need::required},
        {{"SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_SECRET_KEY", "NEXT_PUBLIC_SUPABASE_SERVICE_ROLE_KEY"}, "", '\0',
            secret, "", "key with full access (one key is required)", {}, {}, Need::required},
        {{"SUPABASE_ANON_KEY", "SUPABASE_PUBLISHABLE_KEY", "NEXT_PUBLIC_SUPABASE_ANON_KEY"}, "", '\0', secret, "",
            "used only when no key with full access is set"},
        {{"BATCH_SIZE"}, "--batch-size", '\0', value, "50", "conversations per batch, 1-1000", asking},
        {{"RATE_LIMIT_DELAY"}, "--rate-limit-delay", '\0', value, "1000", "ms after each conversation, 0-3600000",
            asking},
        {{"BATCH_DELAY"}, "--batch-delay", '\0', value, "5000", "ms between batches, 0-3600000", asking},
        {{"PAGE_DELAY"}, "--page-delay", '\0', value, "500", "ms between the pages of one conversation, 0-3600000",
            asking},
        {{"VERBOSE_LOG"}, "--verbose", 'v', flag, "0", "a line on stderr per request and per excluded message"},
        {{"LOG_FORMAT"}, "--log-format", '\0', choice, "text", "text, or json: one object a line on both streams",
            running, {"text", "json"}},
        {{"PROGRESS"}, "--progress", '\0', choice, "auto",
            "auto (a rewritten line on a terminal, else plain lines), plain or none", running,
            {"auto", "plain", "none"}},
        {{"PROGRESS_INTERVAL"}, "--progress-interval", '\0', value, "30s", "between plain progress lines, 1s-24h",
            running},
        {{"SUMMARY_FILE"}, "--summary-file", '\0', file, "", "the whole result as JSON, however the run ends", asking},
        {{"METRICS_FILE"}, "--metrics-file", '\0', file, "",
            "for Prometheus, by node_exporter's textfile collector: every 15 s and at the end", asking},
        {{"PUSHGATEWAY_URL"}, "--pushgateway-url", '\0', url, "", "a Prometheus Pushgateway that is sent the same",
            running},
        {{"REPORT_FILE"}, "--report-file", '\0', file, "", "a page about the run (HTML), however it ends", asking},
        {{"CONCURRENCY"}, "--concurrency", '\0', value, "1", "conversations fetched at once, 1-64 (PACE=adaptive: 8)",
            asking},
        {{"PACE"}, "--pace", '\0', choice, "fixed",
            "fixed: the three delays above; adaptive: as fast as the account's quota allows", asking,
            {"fixed", "adaptive"}},
        {{"MAX_REQUESTS_PER_MINUTE"}, "--max-requests-per-minute", '\0', value, "0",
            "adaptive: the account's quota where it is known, 0 = learn it", asking},
        {{"QUOTA_SHARE"}, "--quota-share", '\0', value, "0.9",
            "adaptive: how much of the quota to use, 0.01-1; the rest is left to live traffic", asking},
        {{"MAX_WAIT"}, "--max-wait", '\0', value, "15m", "adaptive: how long one call may wait for quota, 1s-24h",
            asking},
        {{"MODE"}, "--mode", '\0', choice, "full",
            "full, incremental (ends a conversation at a page without news) or missing (only conversations without any "
            "stored message)",
            asking, {"full", "incremental", "missing"}},
        {{"MAX_DURATION"}, "--max-duration", '\0', value, "", "stop cleanly after this time (90s, 2h), exit code 10",
            asking},
        {{"STATE_FILE"}, "--state-file", '\0', file, "",
            "remembers the learned quota, and where MAX_DURATION stopped the run", asking},
        {{"REJECTS_FILE"}, "--rejects-file", '\0', file, "", "a line of JSON for each message that could not be stored",
            asking},
        {{"REJECTS_WITH_ROWS"}, "--rejects-with-rows", '\0', flag, "0", "with the rows themselves: customers' text",
            asking},
        {{"FROM_REJECTS"}, "--from-rejects", '\0', file, "", "only the conversations of such a file",
            {"run", "dry-run"}},
        {{"REPAIR"}, "--repair", '\0', flag, "0", "store what is missing", {"verify"}},
        {{"SAMPLE"}, "--sample", '\0', value, "", "only so many conversations, drawn at random", {"verify"}},
        {{"JSON_OUTPUT"}, "--json", '\0', flag, "0", "JSON in place of text", {"status", "doctor"}},
        {{"LIST_CONVERSATIONS"}, "--list", '\0', flag, "0", "with the ids of the conversations without messages",
            {"status"}},
        {{"WATCH_INTERVAL"}, "--watch", '\0', value, "",
            "again and again, after so many seconds, 1-86400; each time costs a call per 1000 messages", {"status"}},
        {{"SHARD"}, "--shard", '\0', value, "", "i/n: only the i-th of n parts of the conversations, from 0", asking},
        {{"SHARD_COUNT"}, "--shard-count", '\0', value, "", "n of SHARD, with i from JOB_COMPLETION_INDEX", asking},
        {{"CREATED_FROM"}, "--created-from", '\0', value, "", "only conversations created then or later (ISO 8601)",
            asking},
        {{"CREATED_TO"}, "--created-to", '\0', value, "",
            "only conversations created then or earlier; a date means its whole day", asking},
        {{"CONVERSATION_IDS"}, "--conversation-id", '\0', list, "",
            "only these (variable: comma-separated; option: repeatable)", asking},
        {{"CONVERSATIONS_FILE"}, "--conversations-file", '\0', file, "",
            "only these, one id a line, - = standard input", asking},
        {{"MAX_CONVERSATIONS"}, "--limit", '\0', value, "", "at most so many conversations", asking},
        {{"EXCLUDE_ACTOR_TYPES"}, "--exclude-actor-types", '\0', value, "system", "comma list, none = keep all",
            asking},
        {{"EXCLUDE_MESSAGE_TYPES"}, "--exclude-message-types", '\0', value, "none", "comma list, e.g. private,system",
            asking},
        {{"ON_NOT_FOUND"}, "--on-not-found", '\0', choice, "fail",
            "a conversation unknown to Freshchat: fail or ignore", asking, {"fail", "ignore"}},
        {{"CONVERSATION_TABLE"}, "--conversation-table", '\0', value, "Conversation", "table to read"},
        {{"MESSAGE_TABLE"}, "--message-table", '\0', value, "Message", "table to fill"},
        {{"MESSAGE_COLUMNS"}, "--message-columns", '\0', value,
            "id,conversationid,actor_type,message_parts,created_time", "field or field=column, comma list"},
        {{"ON_CONFLICT"}, "--on-conflict", '\0', choice, "ignore", "stored rows: ignore or update", asking,
            {"ignore", "update"}},
        {{"REQUEST_TIMEOUT"}, "--request-timeout", '\0', value, "60", "seconds for one whole call, 1-600"},
        {{"CONNECT_TIMEOUT"}, "--connect-timeout", '\0', value, "10", "seconds, 1-600"},
        {{"CA_FILE"}, "--ca-file", '\0', file, "", "extra PEM roots"},
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

std::vector<SettingSpec> const& plain_options()
{
    using enum SettingKind;
    static std::vector<SettingSpec> const options{
        {{}, "--env-file", '\0', file, "", "NAME=value lines; the environment wins over them"},
        {{}, "--help", 'h', flag, "", "this text; with a command, that command's"},
        {{}, "--version", '\0', flag, "", "the version"},
        {{}, "--man", '\0', flag, "", "the manual page, for man -l -"},
        {{}, "--completion", '\0', choice, "", "a script that completes the command line in that shell", {},
            {"bash", "zsh", "fish"}},
    };
    return options;
}

} // namespace backfill::app
