#include "app/settings/specs.hpp"

#include "backfill/core/ascii.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>

namespace backfill::app {

std::vector<SettingSpec> const& setting_specs()
{
    using enum SettingKind;
    using supabase::OnConflict;
    static std::vector<Command> const running{Command::run, Command::dry_run, Command::verify};
    static std::vector<Command> const asking{
        Command::run, Command::dry_run, Command::verify, Command::doctor}; // that talk to Freshchat
    static std::vector<Command> const sending{
        Command::run, Command::dry_run, Command::verify, Command::doctor, Command::status};
    static std::vector<Command> const storing{
        Command::run, Command::dry_run, Command::verify, Command::doctor, Command::schema};
    constexpr Range kDelay{0, 3'600'000};
    constexpr Range kTimeout{1, 600};
    constexpr Range kCount{1, 1'000'000'000};
    constexpr Range kUpToDay{1, 24 * 3600};
    constexpr Range kUpToYear{1, 365 * 24 * 3600};
    static std::vector<SettingSpec> const specs{
        {{"FRESHCHAT_TOKEN"}, "", secret, "", "API token (Freshchat: Admin, API Tokens)", asking, {}, {}, "",
            Need::required},
        {{"FRESHCHAT_DOMAIN"}, "--freshchat-domain", url, "",
            "`acme.freshchat.com`, or a URL; the host shown beside the API token", asking, {}, {}, "", Need::required},
        {{"SUPABASE_URL", "NEXT_PUBLIC_SUPABASE_URL"}, "--supabase-url", url, "", "project URL", sending, {}, {}, "",
            Need::required},
        {{"SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY", "NEXT_PUBLIC_SUPABASE_SERVICE_ROLE_KEY"}, "", secret, "",
            "key with full access; the first that is set is used; the last name is warned about, since it reaches "
            "browsers",
            {}, {}, {}, "", Need::one_key},
        {{"SUPABASE_ANON_KEY", "SUPABASE_PUBLISHABLE_KEY", "NEXT_PUBLIC_SUPABASE_ANON_KEY"}, "", secret, "",
            "used only when no key with full access is set; row-level security applies"},
        {{"BATCH_SIZE"}, "--batch-size", number, "50", "conversations per batch", asking, {1, 1000}},
        {{"RATE_LIMIT_DELAY"}, "--rate-limit-delay", milliseconds, "1000", "after each conversation", asking, kDelay},
        {{"BATCH_DELAY"}, "--batch-delay", milliseconds, "5000", "between batches", asking, kDelay},
        {{"PAGE_DELAY"}, "--page-delay", milliseconds, "500", "between the pages of one conversation", asking, kDelay},
        {{"CONCURRENCY"}, "--concurrency", number, "1",
            "conversations fetched at once (`PACE=adaptive`: 8, and more where answers take long); with delays, each "
            "fetcher keeps its own",
            asking, {1, 64}},
        {{"PACE"}, "--pace", choice, "fixed",
            "`fixed`: RATE_LIMIT_DELAY, BATCH_DELAY and PAGE_DELAY; `adaptive`: as fast as the account's quota allows",
            asking, {}, {{"fixed", Pace::fixed}, {"adaptive", Pace::adaptive}}, "pace.md"},
        {{"MAX_REQUESTS_PER_MINUTE"}, "--max-requests-per-minute", number, "0",
            "adaptive: the account's quota where you know it; 0 = learn it", asking, {0, 1'000'000}},
        {{"QUOTA_SHARE"}, "--quota-share", fraction, "0.9",
            "adaptive: how much of the quota to use; the rest is left to live traffic", asking, {0.01, 1}},
        {{"MAX_WAIT"}, "--max-wait", duration, "15m",
            "how long Freshchat may ask to wait; for more the run stops with exit code 10, to be run again later",
            asking, kUpToDay},
        {{"MODE"}, "--mode", choice, "full",
            "`full`, `incremental` (reads each conversation only as far as there is news) or `missing` (only "
            "conversations without any stored message)",
            asking, {}, {{"full", Mode::full}, {"incremental", Mode::incremental}, {"missing", Mode::missing}},
            "pace.md#cheaper-runs"},
        {{"MAX_DURATION"}, "--max-duration", duration, "",
            "stop cleanly, with exit code 10, after this time (`90s`, `2h`)", asking, kUpToYear},
        {{"STATE_FILE"}, "--state-file", file, "",
            "remembers the learned quota, where `MAX_DURATION` stopped the run, when a run last took all, and which "
            "conversations failed or are stored in part",
            asking},
        {{"REJECTS_FILE"}, "--rejects-file", file, "",
            "a line of JSON for each message that could not be stored; lines of earlier runs stay until a run has "
            "tried their conversation to its end",
            asking},
        {{"REJECTS_WITH_ROWS"}, "--rejects-with-rows", flag, "0",
            "write the rows too, which hold customers' text; the file is readable by its owner only", asking},
        {{"FROM_REJECTS"}, "--from-rejects", file, "", "only the conversations of such a file, with `MODE=full`",
            {Command::run, Command::dry_run}},
        {{"REPAIR"}, "--repair", flag, "0", "store what is missing", {Command::verify}},
        {{"SAMPLE"}, "--sample", number, "", "compare N conversations, drawn at random", {Command::verify}, kCount},
        {{"LIST_CONVERSATIONS"}, "--list", flag, "0", "list the ids of the conversations without messages",
            {Command::status}},
        {{"WATCH_INTERVAL"}, "--watch", duration, "",
            "repeat at this interval; each time costs a call per 1000 messages", {Command::status}, kUpToDay},
        {{"JSON_OUTPUT"}, "--json", flag, "0", "JSON in place of text", {Command::status, Command::doctor}},
        {{"SHARD"}, "--shard", text, "", "`i/n`: only the i-th of n parts of the conversations, counted from 0",
            asking},
        {{"SHARD_COUNT"}, "--shard-count", number, "",
            "the n of `SHARD`; i comes from `JOB_COMPLETION_INDEX`, which Kubernetes sets in an Indexed Job", asking,
            {1, 1000}},
        {{"LOG_FORMAT"}, "--log-format", choice, "text", "`text`, or `json`: one object a line on both streams",
            running, {}, {{"text", LogFormat::text}, {"json", LogFormat::json}}, "monitoring.md#result-and-log"},
        {{"PROGRESS"}, "--progress", choice, "auto",
            "`auto` (a rewritten line on a terminal, else plain lines), `plain` or `none`", running, {},
            {{"auto", ProgressStyle::automatic}, {"plain", ProgressStyle::plain}, {"none", ProgressStyle::none}}},
        {{"PROGRESS_INTERVAL"}, "--progress-interval", duration, "30s", "between plain progress lines", running,
            kUpToDay},
        {{"SUMMARY_FILE"}, "--summary-file", file, "", "the whole result as JSON, however the run ends", asking},
        {{"METRICS_FILE"}, "--metrics-file", file, "",
            "the run's numbers for Prometheus (node_exporter's textfile collector), every 15 s and at the end", asking,
            {}, {}, "monitoring.md#metrics"},
        {{"PUSHGATEWAY_URL"}, "--pushgateway-url", url, "", "a Prometheus Pushgateway that is sent the same", running},
        {{"REPORT_FILE"}, "--report-file", file, "", "a page about the run (HTML), however it ends", asking, {}, {},
            "monitoring.md#the-page-about-a-run"},
        {{"MARKDOWN_FILE"}, "--markdown-file", file, "",
            "the result as a short page of Markdown; appended to the file that `$GITHUB_STEP_SUMMARY` names, while any "
            "other is replaced",
            asking, {}, {}, "monitoring.md#somebody-who-is-told"},
        {{"HEALTHCHECK_URL"}, "", secret_url, "",
            "a check of healthchecks.io, or of what works like it: is told when the run starts, and how it ends",
            {Command::run, Command::verify, Command::doctor}, {}, {}, "monitoring.md#somebody-who-is-told"},
        {{"NOTIFY_URL"}, "", secret_url, "",
            "a webhook, e.g. of a chat (Slack, Mattermost, Google Chat), that is sent the result as JSON", asking, {},
            {}, "monitoring.md#somebody-who-is-told"},
        {{"NOTIFY_ON"}, "--notify-on", choice, "failure",
            "when NOTIFY_URL is told: `failure` (exit codes other than 0 and 10) or `always`", asking, {},
            {{"failure", NotifyOn::failure}, {"always", NotifyOn::always}}},
        {{"NOTIFY_TEST"}, "--notify", flag, "0", "send NOTIFY_URL a test message", {Command::doctor}},
        {{"VERBOSE_LOG"}, "--verbose", flag, "0", "a line on stderr per request and per excluded message", sending, {},
            {}, "", Need::optional, 'v'},
        {{"CREATED_FROM"}, "--created-from", text, "",
            "only conversations created then or later: `2025-07-10` or `2025-07-10T19:47:55Z`; no offset means UTC",
            asking},
        {{"CREATED_TO"}, "--created-to", text, "",
            "only conversations created then or earlier; a date alone means its whole day", asking},
        {{"CONVERSATION_FILTER"}, "--where", list, "",
            "only conversations that meet this filter on their table, in PostgREST's form: `status=neq.resolved`, "
            "`channel_id=in.(a,b)`, `or=(…)` (variable: one a line; option: repeatable; all must be met)",
            sending, {}, {}, "tables.md#some-conversations-only"},
        {{"UPDATED_SINCE"}, "--updated-since", text, "",
            "only conversations whose `updated_time` is then or later, or unset: `25h`, `7d`, a date or time, or "
            "`last-run` (with `STATE_FILE`: what changed since the last run that took all)",
            asking, {}, {}, "pace.md#nights-that-cost-nothing"},
        {{"CONVERSATION_IDS"}, "--conversation-id", list, "",
            "only these (variable: comma-separated; option: repeatable)", asking},
        {{"CONVERSATIONS_FILE"}, "--conversations-file", file, "",
            "only these, one id a line, `-` = standard input; together with the ids above", asking},
        {{"MAX_CONVERSATIONS"}, "--limit", number, "", "process at most N conversations", asking, kCount},
        {{"EXCLUDE_ACTOR_TYPES"}, "--exclude-actor-types", text, "system", "comma list; `none` keeps all", asking},
        {{"EXCLUDE_MESSAGE_TYPES"}, "--exclude-message-types", text, "none", "comma list, e.g. `private,system`",
            asking},
        {{"OTHER_PARTS"}, "--other-parts", choice, "none",
            "parts of a message that are no text, such as images, buttons, cards and e-mails: `none` leaves them out "
            "of its text, `describe` puts them into words",
            asking, {}, {{"none", OtherParts::none}, {"describe", OtherParts::describe}},
            "tables.md#the-text-of-a-message"},
        {{"ON_NOT_FOUND"}, "--on-not-found", choice, "fail",
            "a conversation unknown to Freshchat: `fail`, or `ignore` (named, and counted as processed)", asking, {},
            {{"fail", OnNotFound::fail}, {"ignore", OnNotFound::ignore}}},
        {{"CONVERSATION_TABLE"}, "--conversation-table", text, "Conversation",
            "table to read; upper and lower case count"},
        {{"MESSAGE_TABLE"}, "--message-table", text, "Message", "table to fill"},
        {{"CONVERSATION_COLUMNS"}, "--conversation-columns", text, "id,created_time",
            "`field` or `field=column`, comma list, for `id` (the conversation's id at Freshchat), `created_time` and, "
            "where `UPDATED_SINCE` is used, `updated_time`; without `created_time`: in order of id, without dates"},
        {{"SUPABASE_SCHEMA"}, "--schema", text, "", "schema of both tables; unset: the first that is exposed"},
        {{"MESSAGE_KEY"}, "--message-key", text, "",
            "columns of the unique key that upserts meet, where it is not the `id` alone: `conversationid,id`"},
        {{"MESSAGE_COLUMNS"}, "--message-columns", text, "id,conversationid,actor_type,message_parts,created_time",
            "`field` or `field=column`, comma list; any top-level field of a Freshchat message, `parts` is "
            "its message_parts and `raw` all of it, as jsonb; `id` and `conversationid` are required"},
        {{"ON_CONFLICT"}, "--on-conflict", choice, "ignore",
            "stored rows: `ignore` leaves them, `update` rewrites them", storing, {},
            {{"ignore", OnConflict::ignore}, {"update", OnConflict::update}}},
        {{"REQUEST_TIMEOUT"}, "--request-timeout", duration, "60", "for one whole call", sending, kTimeout},
        {{"CONNECT_TIMEOUT"}, "--connect-timeout", duration, "10", "to connect, proxy and TLS included", sending,
            kTimeout},
        {{"CA_FILE"}, "--ca-file", file, "", "more trusted roots (PEM)", sending},
        {{"ALLOW_HTTP"}, "--allow-http", flag, "0", "allow plain http to other hosts than this machine", sending},
    };
    return specs;
}

std::vector<SettingGroup> const& setting_groups()
{
    static std::vector<SettingGroup> const groups{
        {"Connection",
            {"FRESHCHAT_TOKEN", "FRESHCHAT_DOMAIN", "SUPABASE_URL", "SUPABASE_SECRET_KEY", "SUPABASE_ANON_KEY",
                "REQUEST_TIMEOUT", "CONNECT_TIMEOUT", "CA_FILE", "ALLOW_HTTP"}},
        {"Which conversations",
            {"MAX_CONVERSATIONS", "CREATED_FROM", "CREATED_TO", "UPDATED_SINCE", "CONVERSATION_FILTER",
                "CONVERSATION_IDS", "CONVERSATIONS_FILE", "FROM_REJECTS", "SAMPLE", "SHARD", "SHARD_COUNT", "MODE",
                "ON_NOT_FOUND"}},
        {"Pace",
            {"CONCURRENCY", "PACE", "BATCH_SIZE", "RATE_LIMIT_DELAY", "BATCH_DELAY", "PAGE_DELAY",
                "MAX_REQUESTS_PER_MINUTE", "QUOTA_SHARE", "MAX_WAIT", "MAX_DURATION", "STATE_FILE"}},
        {"What is stored, and where",
            {"EXCLUDE_ACTOR_TYPES", "EXCLUDE_MESSAGE_TYPES", "OTHER_PARTS", "ON_CONFLICT", "REPAIR",
                "CONVERSATION_TABLE", "CONVERSATION_COLUMNS", "MESSAGE_TABLE", "MESSAGE_COLUMNS", "MESSAGE_KEY",
                "SUPABASE_SCHEMA"}},
        {"Output",
            {"VERBOSE_LOG", "LOG_FORMAT", "PROGRESS", "PROGRESS_INTERVAL", "REJECTS_FILE", "REJECTS_WITH_ROWS",
                "SUMMARY_FILE", "REPORT_FILE", "MARKDOWN_FILE", "METRICS_FILE", "PUSHGATEWAY_URL", "HEALTHCHECK_URL",
                "NOTIFY_URL", "NOTIFY_ON", "NOTIFY_TEST", "JSON_OUTPUT", "LIST_CONVERSATIONS", "WATCH_INTERVAL"}},
    };
    return groups;
}

SettingSpec const& setting_spec(std::string const& name)
{
    auto const found = std::ranges::find(setting_specs(), name, &SettingSpec::name);
    if (found == setting_specs().end()) {
        throw std::logic_error{"no setting " + name};
    }
    return *found;
}

std::vector<SettingSpec> const& plain_options()
{
    using enum SettingKind;
    static std::vector<SettingSpec> const options{
        {{}, "--env-file", file, "", "NAME=value lines; repeatable, later ones win; the environment wins over all"},
        {{}, "--help", flag, "", "this text; with a command, that command's", {}, {}, {}, "", Need::optional, 'h'},
        {{}, "--version", flag, "", "the version"},
        {{}, "--man", flag, "", "the manual page, for man -l -"},
        {{}, "--completion", choice, "", "a script that completes the command line in that shell", {}, {}, shells()},
    };
    return options;
}

std::vector<Choice> const& shells()
{
    static std::vector<Choice> const choices{{"bash", Shell::bash}, {"zsh", Shell::zsh}, {"fish", Shell::fish}};
    return choices;
}

std::string range_text(SettingSpec const& spec)
{
    auto const& [low, high] = spec.range;
    return high == 0 ? ""
        : spec.kind == SettingKind::duration
        ? time_range_text(spec.range, std::chrono::seconds{1}, "-")
        : fmt::format("{}-{}{}", low, high, spec.kind == SettingKind::milliseconds ? " ms" : "");
}

std::string time_range_text(Range const& range, std::chrono::milliseconds unit, std::string const& between)
{
    auto const text = [unit](double number) {
        auto const seconds = number * static_cast<double>(unit.count()) / 1000;
        return seconds >= 3600 ? fmt::format("{:g}h", seconds / 3600)
            : seconds >= 60    ? fmt::format("{:g}m", seconds / 60)
                               : fmt::format("{:g}{}", number, number == 0 ? "" : "s");
    };
    return text(range.low) + between + text(range.high);
}

std::vector<std::string> names_of(SettingSpec const& spec)
{
    auto names = spec.variables;
    if (is_secret(spec.kind)) {
        std::ranges::transform(
            spec.variables, std::back_inserter(names), [](auto const& name) { return name + "_FILE"; });
    }
    return names;
}

bool is_setting(std::string_view variable)
{
    constexpr std::string_view kFile = "_FILE";
    auto const bare = variable.ends_with(kFile) ? variable.substr(0, variable.size() - kFile.size()) : variable;
    return std::ranges::any_of(setting_specs(), [&](auto const& spec) {
        return std::ranges::any_of(spec.variables,
            [&](auto const& name) { return name == variable || (name == bare && is_secret(spec.kind)); });
    });
}

std::vector<std::string> words_of(std::vector<Choice> const& choices)
{
    std::vector<std::string> words;
    std::ranges::transform(choices, std::back_inserter(words), &Choice::word);
    return words;
}

Choice const* find_choice(std::vector<Choice> const& choices, std::string const& word)
{
    auto const found = std::ranges::find(choices, ascii_lower(word), &Choice::word);
    return found == choices.end() ? nullptr : &*found;
}

} // namespace backfill::app
