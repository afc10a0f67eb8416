#include "app/settings/settings.hpp"

#include "app/settings/hosts.hpp"
#include "app/settings/keys.hpp"
#include "app/settings/readers.hpp"
#include "app/settings/refusals.hpp"
#include "app/settings/selection.hpp"
#include "app/settings/tables.hpp"
#include "app/settings/warnings.hpp"

#include "backfill/core/ascii.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <system_error>

namespace backfill::app {
namespace {

std::vector<std::string> excluded(SettingValues const& values, std::string const& name)
{
    auto const value = values.find(name);
    auto types = split_list(ascii_lower(value->text));
    if (std::erase(types, "none") > 0 && !types.empty()) {
        refuse(*value, "\"none\" excludes nothing, so it stands alone");
    }
    return types;
}

/// The same text for all spellings of a path.
std::string one_spelling(std::string const& path)
{
    std::error_code unknown;
    auto const whole = std::filesystem::weakly_canonical(std::filesystem::absolute(path, unknown), unknown);
    return unknown ? path : whole.string();
}

/// Of the secrets that a file holds.
std::vector<std::string> secret_files(SettingValues const& values)
{
    std::vector<std::string> files;
    Refusals told; // where each is read, if it is
    for (auto const& spec : setting_specs()) {
        told.of([&] {
            if (auto const value = is_secret(spec.kind) ? values.find(spec.name()) : std::nullopt) {
                files.push_back(value->file);
            }
        });
    }
    std::erase(files, "");
    return files;
}

/// An output would replace what the run reads, and two would replace each other.
void expect_files_apart(SettingValues const& values)
{
    std::set<std::string> taken;
    for (auto const& file : secret_files(values)) {
        taken.insert(one_spelling(file));
    }
    for (auto const& file : values.env_files()) {
        taken.insert(one_spelling(file));
    }
    for (auto const* name : {"CONVERSATIONS_FILE", "CA_FILE"}) {
        if (auto const file = values.find(name)) {
            taken.insert(one_spelling(file->text));
        }
    }
    std::string const from_rejects = "FROM_REJECTS"; // read too, but may be this run's REJECTS_FILE
    for (auto const& name :
        {std::string{"STATE_FILE"}, std::string{"REJECTS_FILE"}, from_rejects, std::string{"SUMMARY_FILE"},
            std::string{"REPORT_FILE"}, std::string{"MARKDOWN_FILE"}, std::string{"METRICS_FILE"}}) {
        auto const file = values.find(name);
        if (file && !taken.insert(one_spelling(file->text)).second && name != from_rejects) {
            refuse(*file, "is the file of another setting too");
        }
    }
}

/// What a run leaves and shows.
void read_outputs(Settings& settings, SettingValues const& values)
{
    settings.log_format = choice<LogFormat>(values, "LOG_FORMAT");
    settings.progress = choice<ProgressStyle>(values, "PROGRESS");
    settings.progress_interval = *duration(values, "PROGRESS_INTERVAL");
    expect_files_apart(values);
    settings.state_file = text(values, "STATE_FILE");
    settings.rejects_file = text(values, "REJECTS_FILE");
    settings.rejects_with_rows = flag(values, "REJECTS_WITH_ROWS");
    settings.summary_file = text(values, "SUMMARY_FILE");
    settings.report_file = text(values, "REPORT_FILE");
    settings.metrics_file = text(values, "METRICS_FILE");
    settings.markdown_file = text(values, "MARKDOWN_FILE");
    auto const step_summary = stripped(values.sources().variable("GITHUB_STEP_SUMMARY").value_or(""));
    settings.markdown_appends = !settings.markdown_file.empty() && !step_summary.empty()
        && one_spelling(settings.markdown_file) == one_spelling(step_summary);
    if (auto const url = values.find("PUSHGATEWAY_URL")) {
        auto gateway = endpoint(values, *url, "the metrics", "a Pushgateway, e.g. https://pushgateway.example.com");
        if (gateway.path.find("/metrics/job/") == std::string::npos) { // one that names no group of metrics gets ours
            gateway.path += "/metrics/job/freshchat_backfill";
        }
        settings.pushgateway = gateway;
        settings.pushgateway_transport = transport_options(values, *settings.pushgateway);
    }
}

constexpr std::size_t kAdaptiveConcurrency = 8; // keeps 400 calls a minute going up to a latency of 1.2 s
constexpr std::size_t kMostFetchers = 64;       // … 1000 up to 3.8 s

/// How fast and how long a run works. Read after the selection, for the shards.
void read_pace(Settings& settings, SettingValues const& values)
{
    settings.batch_size = *number(values, "BATCH_SIZE");
    settings.rate_limit_delay = *duration(values, "RATE_LIMIT_DELAY");
    settings.batch_delay = *duration(values, "BATCH_DELAY");
    settings.page_delay = *duration(values, "PAGE_DELAY");
    settings.quota.max_per_minute = static_cast<double>(*number(values, "MAX_REQUESTS_PER_MINUTE"));
    settings.quota.share = fraction(values, "QUOTA_SHARE");
    settings.quota.max_wait = *duration(values, "MAX_WAIT");
    settings.quota.shards = settings.selection.shard.count;
    settings.mode = choice<Mode>(values, "MODE");
    settings.max_duration = duration(values, "MAX_DURATION");
    settings.concurrency = *number(values, "CONCURRENCY");
    settings.pace = choice<Pace>(values, "PACE");
    if (settings.pace == Pace::fixed) {
        warn_without_effect(settings, values, {"MAX_REQUESTS_PER_MINUTE", "QUOTA_SHARE"}, "PACE=fixed");
        return;
    }
    if (values.find("CONCURRENCY")->origin.empty()) {
        settings.concurrency = kAdaptiveConcurrency;
        settings.most_fetchers = kMostFetchers;
    }
    settings.rate_limit_delay = settings.batch_delay = settings.page_delay = std::chrono::milliseconds{0};
    warn_without_effect(settings, values, {"RATE_LIMIT_DELAY", "BATCH_DELAY", "PAGE_DELAY"}, "PACE=adaptive");
}

/// Read only by commands that also talk to Freshchat, so `status` does not fail on variables meant for the others.
void read_fetching(Settings& settings, SettingValues const& values)
{
    settings.selection = selection(settings.command, values);
    settings.conversations.is_chosen_by_created_time =
        !settings.selection.created_from.empty() || !settings.selection.created_to.empty();
    settings.updated_since = updated_since(settings.command, values);
    settings.on_not_found = choice<OnNotFound>(values, "ON_NOT_FOUND");
    settings.messages.on_conflict = choice<supabase::OnConflict>(values, "ON_CONFLICT");
    settings.clean_rules = {
        settings.messages.columns, excluded(values, "EXCLUDE_ACTOR_TYPES"), excluded(values, "EXCLUDE_MESSAGE_TYPES")};
    settings.other_parts = choice<OtherParts>(values, "OTHER_PARTS");
    read_outputs(settings, values);
    read_pace(settings, values);
    warn_of_unwise_combinations(settings);
    if (auto const file = values.find("CONVERSATIONS_FILE"); file && settings.selection.only->empty()) {
        settings.warnings.push_back(
            fmt::format("{}={} holds no id: there is nothing to do.", file->origin, printable(file->text)));
    }
    if (settings.command == Command::verify) { // reads everything; leaves stored rows and the state of runs alone
        settings.repair = flag(values, "REPAIR");
        settings.mode = Mode::full;
        bool const needs_state = settings.repair || (settings.updated_since && settings.updated_since->is_last_run());
        if (!needs_state) {
            settings.state_file.clear(); // else it keeps the marks of parted conversations, or has that of the last run
        }
        settings.messages.on_conflict = supabase::OnConflict::ignore;
    } else if (tries_rejects_again(settings.command, values)) {
        settings.mode = Mode::full; // the others skip what is older than a stored message
    }
    warn_of_idle_options(settings, values);
    warn_of_idle_companions(settings, values);
}

/// Where delays or a quota hold the fetchers back, rows trickle: they go out soon and by one writer.
bool is_held_back(Settings const& settings)
{
    auto const delays = settings.rate_limit_delay + settings.batch_delay + settings.page_delay;
    return settings.pace == Pace::adaptive || delays.count() > 0;
}

} // namespace

/// 6 738 rows took one writer 0.59 s, two 0.33 s, four 0.26 s (local stack, two cores). The second only halves the size
/// of requests where rows trickle.
std::size_t writer_count(Settings const& settings)
{
    return !is_held_back(settings) && settings.concurrency > 1 ? 2 : 1;
}

/// Rows go out soon when the pace is slow; without delays chunks fill quickly and a longer wait saves half-empty ones.
std::chrono::milliseconds linger(Settings const& settings)
{
    return std::chrono::milliseconds{is_held_back(settings) ? 250 : 2000};
}

Settings typed_settings(Command command, SettingValues const& values)
{
    Settings settings;
    settings.command = command;
    Refusals refusals;
    if (settings.asks_freshchat()) {
        refusals.of([&] { settings.freshchat = api_endpoint(values, "FRESHCHAT_DOMAIN", freshchat_api()); });
        refusals.of([&] { read_freshchat_token(settings, values); });
        refusals.of([&] { settings.freshchat_transport = transport_options(values, settings.freshchat); });
    }
    if (settings.asks_supabase()) {
        refusals.of([&] { settings.supabase = api_endpoint(values, "SUPABASE_URL", supabase_api()); });
        refusals.of([&] { settings.supabase_transport = transport_options(values, settings.supabase); });
    }
    refusals.of([&] { read_supabase_key(settings, values); });
    for (auto const& spec : setting_specs()) {
        if (takes(spec_of(command), spec)) {
            refusals.of([&] { expect_readable(values, spec); });
        }
    }
    refusals.of([&] { settings.conversations = conversation_table(values); });
    refusals.of([&] { settings.conversations.filters = conversation_filters(values); });
    refusals.of([&] {
        settings.messages = message_table(values);
        if (settings.messages.table == settings.conversations.name) {
            throw UsageError{fmt::format("CONVERSATION_TABLE and MESSAGE_TABLE are both {}: messages need a table of "
                                         "their own",
                printable(settings.messages.table))};
        }
    });
    if (settings.asks_freshchat()) {
        refusals.of([&] { read_fetching(settings, values); });
    }
    refusals.of([&] { settings.notices = notice_settings(command, values, settings.warnings); });
    refusals.of([&] {
        auto& column = settings.conversations.updated_time;
        settings.change_column = column;
        column = settings.updated_since  ? updated_time_column(values, column)
            : command == Command::schema ? column
                                         : "";
    });
    auto const misspelt = misspelt_names(command, values);
    if (refusals.any()) {
        auto hints = misspelt; // one of them may be what is missing
        std::ranges::move(hints_at_missing(command, values), std::back_inserter(hints));
        refusals.throw_if_any(hints);
    }
    settings.warnings.insert(settings.warnings.end(), misspelt.begin(), misspelt.end());
    warn_of_rivals(settings, values);
    settings.schema = text(values, "SUPABASE_SCHEMA");
    if (command == Command::schema) {
        settings.messages.on_conflict = choice<supabase::OnConflict>(values, "ON_CONFLICT");
        return settings;
    }
    settings.verbose = flag(values, "VERBOSE_LOG");
    if (command == Command::status || command == Command::doctor) {
        settings.json = flag(values, "JSON_OUTPUT");
        settings.list = flag(values, "LIST_CONVERSATIONS");
        settings.watch = duration(values, "WATCH_INTERVAL");
    }
    if (command == Command::doctor && flag(values, "NOTIFY_TEST")) {
        settings.notify_test = true;
        if (!settings.notices.webhook) {
            throw UsageError{values.find("NOTIFY_TEST")->origin + " needs NOTIFY_URL, which is not set"};
        }
    }
    return settings;
}

} // namespace backfill::app
