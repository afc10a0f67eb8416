#include "app/settings/pace.hpp"

#include "app/settings/readers.hpp"

#include <fmt/format.h>

namespace backfill::app {
namespace {

constexpr std::size_t kAdaptiveConcurrency = 8; // keeps 400 calls a minute going up to a latency of 1.2 s

/// Warns of settings that were set but that the chosen pace ignores: somebody meant something by them.
void warn_without_effect(
    Settings& settings, SettingValues const& values, std::vector<std::string> const& names, std::string const& pace)
{
    std::vector<std::string> origins;
    for (auto const& name : names) {
        if (auto const value = values.find(name); value && !value->origin.empty()) {
            origins.push_back(value->origin);
        }
    }
    if (!origins.empty()) {
        settings.warnings.push_back(fmt::format("{}: without effect, since PACE={}.", fmt::join(origins, ", "), pace));
    }
}

void warn_of_unwise_combinations(Settings& settings)
{
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

} // namespace

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
    switch (settings.pace) {
    case Pace::adaptive:
        if (values.find("CONCURRENCY")->origin.empty()) {
            settings.concurrency = kAdaptiveConcurrency;
        }
        settings.rate_limit_delay = settings.batch_delay = settings.page_delay = std::chrono::milliseconds{0};
        warn_without_effect(settings, values, {"RATE_LIMIT_DELAY", "BATCH_DELAY", "PAGE_DELAY"}, "adaptive");
        break;
    case Pace::fixed:
        warn_without_effect(settings, values, {"MAX_REQUESTS_PER_MINUTE", "QUOTA_SHARE", "MAX_WAIT"}, "fixed");
        break;
    }
    warn_of_unwise_combinations(settings);
}

} // namespace backfill::app
