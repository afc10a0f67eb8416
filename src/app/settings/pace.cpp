#include "app/settings/pace.hpp"

#include "app/settings/readers.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"

#include <charconv>

namespace backfill::app {
namespace {

constexpr long long kHour = 3'600'000;
constexpr long long kMostShards = 1000;
constexpr std::size_t kAdaptiveConcurrency = 8; // keeps 400 calls a minute going up to a latency of 1.2 s

std::chrono::milliseconds delay(SettingValues const& values, std::string const& name)
{
    return std::chrono::milliseconds{number(values, name, 0, kHour)};
}

/// Settings that the chosen pace does not look at, and yet were set: said, since somebody meant something by them.
void warn_without_effect(
    Settings& settings, SettingValues const& values, std::vector<std::string> const& names, std::string const& pace)
{
    std::string list;
    for (auto const& name : names) {
        if (auto const value = values.find(name); value && !value->origin.empty()) {
            list += (list.empty() ? "" : ", ") + value->origin;
        }
    }
    if (!list.empty()) {
        settings.warnings.push_back(list + ": without effect, since PACE=" + pace + ".");
    }
}

std::optional<std::size_t> whole(std::string_view text)
{
    std::size_t value = 0;
    auto const [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && stop == text.data() + text.size() ? std::optional{value} : std::nullopt;
}

/// SHARD=i/n, or SHARD_COUNT with the index that Kubernetes gives to each pod of an Indexed Job.
Shard shard(SettingValues const& values, SettingSources const& sources)
{
    auto const given = values.find("SHARD");
    auto const count = values.find("SHARD_COUNT");
    if (given && count) {
        throw UsageError{given->origin + " and " + count->origin + " are both set; set one of them"};
    }
    if (given) {
        auto const slash = given->text.find('/');
        auto const index = whole(std::string_view{given->text}.substr(0, slash));
        auto const of =
            slash == std::string::npos ? std::nullopt : whole(std::string_view{given->text}.substr(slash + 1));
        if (!index || !of || *of < 1 || *of > kMostShards || *index >= *of) {
            refuse(*given, "must be i/n with n from 1 to " + std::to_string(kMostShards) + " and i from 0 to n-1");
        }
        return {*index, *of};
    }
    if (!count) {
        return {};
    }
    auto const of = static_cast<std::size_t>(number(values, "SHARD_COUNT", 1, kMostShards));
    auto const text = sources.variable("JOB_COMPLETION_INDEX").value_or("");
    auto const index = whole(text);
    if (!index || *index >= of) {
        throw UsageError{count->origin + "=" + count->text + " needs JOB_COMPLETION_INDEX, a whole number from 0 to "
            + std::to_string(of - 1) + (text.empty() ? "; it is not set" : "; it is " + printable(text, 40))};
    }
    return {*index, of};
}

calls::QuotaOptions quota(SettingValues const& values, std::size_t shards)
{
    calls::QuotaOptions options;
    options.max_per_minute = static_cast<double>(number(values, "MAX_REQUESTS_PER_MINUTE", 0, 1'000'000));
    options.share = fraction(values, "QUOTA_SHARE", 0.01, 1);
    options.max_wait = *duration(values, "MAX_WAIT", std::chrono::seconds{1}, std::chrono::hours{24});
    options.shards = shards;
    return options;
}

} // namespace

void read_pace(Settings& settings, SettingValues const& values, SettingSources const& sources)
{
    settings.batch_size = static_cast<std::size_t>(number(values, "BATCH_SIZE", 1, 1000));
    settings.rate_limit_delay = delay(values, "RATE_LIMIT_DELAY");
    settings.batch_delay = delay(values, "BATCH_DELAY");
    settings.page_delay = delay(values, "PAGE_DELAY");
    settings.selection.shard = shard(values, sources);
    settings.quota = quota(values, settings.selection.shard.count);
    settings.mode = static_cast<Mode>(choice(values, "MODE"));
    settings.max_duration = duration(values, "MAX_DURATION", std::chrono::seconds{1}, std::chrono::hours{24 * 365});
    settings.state_file = text(values, "STATE_FILE");
    if (choice(values, "PACE") == 1) {
        settings.pace = Pace::adaptive;
        settings.concurrency = kAdaptiveConcurrency;
        settings.rate_limit_delay = settings.batch_delay = settings.page_delay = std::chrono::milliseconds{0};
        warn_without_effect(settings, values, {"RATE_LIMIT_DELAY", "BATCH_DELAY", "PAGE_DELAY"}, "adaptive");
    } else {
        warn_without_effect(settings, values, {"MAX_REQUESTS_PER_MINUTE", "QUOTA_SHARE", "MAX_WAIT"}, "fixed");
    }
    if (settings.pace == Pace::fixed || !values.find("CONCURRENCY")->origin.empty()) {
        settings.concurrency = static_cast<std::size_t>(number(values, "CONCURRENCY", 1, 64));
    }
    if (settings.mode == Mode::incremental && settings.messages.on_conflict == supabase::OnConflict::update
        && settings.command != Command::verify) {
        settings.warnings.emplace_back(
            "ON_CONFLICT=update with MODE=incremental rewrites the newest messages only: a conversation ends at the "
            "first page without news. MODE=full rewrites all.");
    }
    if (settings.command == Command::run && settings.max_duration && settings.state_file.empty()
        && settings.mode == Mode::full) {
        settings.warnings.emplace_back(
            "MAX_DURATION without STATE_FILE: each run starts at the oldest conversation again, and the newest may "
            "never be reached.");
    }
}

} // namespace backfill::app
