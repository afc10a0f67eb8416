#include "app/metrics/metrics_text.hpp"

#include "app/log/words.hpp"

#include "backfill/core/printable.hpp"
#include "backfill/core/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

namespace backfill::app {
namespace {

constexpr std::string_view kPrefix = "freshchat_backfill_";

// They outlast a run.
constexpr std::string_view kLastRun = "last_run_timestamp_seconds";
constexpr std::string_view kLastSuccess = "last_success_timestamp_seconds";
constexpr std::string_view kLastExitCode = "last_exit_code";

std::string full_name(std::string_view name)
{
    return std::string{kPrefix}.append(name);
}

std::string number(std::size_t value)
{
    return std::to_string(value);
}

std::string number(double value)
{
    return fmt::format("{:.3f}", value);
}

std::string number(Clock::Duration value)
{
    return number(std::chrono::duration<double>(value).count());
}

std::string number(std::chrono::system_clock::time_point value)
{
    return number(std::chrono::duration<double>(value.time_since_epoch()).count());
}

bool is_finite_number(std::string_view text)
{
    double parsed = 0;
    auto const [stop, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
    return error == std::errc{} && stop == text.data() + text.size() && std::isfinite(parsed);
}

/// Writes samples of one run.
class RunMetrics {
public:
    explicit RunMetrics(MetricLabels run) : run_{std::move(run)} {}

    void metric(std::string_view name, MetricType type, std::string_view help)
    {
        name_ = full_name(name);
        text_ += metric_head(name_, type, help);
    }

    /// Of the metric named last.
    template <typename Value>
    void sample(Value value, MetricLabels labels = {})
    {
        labels.insert(run_.begin(), run_.end());
        text_ += fmt::format("{} {}\n", series_text(name_, labels), number(value));
    }

    /// A gauge that outlasts runs: `now` is this run's value, if it has one already.
    void lasting(std::string_view name, std::string_view help, LastingSamples const& before,
        std::optional<std::string> const& now)
    {
        LastingSamples samples;
        for (auto const& sample : before) {
            if (sample.first.starts_with(full_name(name) + '{')) {
                samples.insert(sample);
            }
        }
        if (now) {
            samples[series_text(full_name(name), run_)] = *now;
        }
        if (samples.empty()) {
            return;
        }
        metric(name, MetricType::gauge, help);
        for (auto const& [series, value] : samples) {
            text_ += fmt::format("{} {}\n", series, value);
        }
    }

    std::string take() { return std::move(text_); }

private:
    MetricLabels const run_;
    std::string name_;
    std::string text_;
};

/// Counts by one label. The `known` ones are present as 0: an absent sample cannot be told from 0, and a Pushgateway
/// keeps an earlier run's samples of a metric that is not sent.
void counts(RunMetrics& metrics, char const* label, Counts const& numbers, std::vector<FailureText> const& known = {})
{
    Counts shown;
    for (auto const& failure : known) {
        shown.emplace(failure.code, 0);
    }
    for (auto const& [name, count] : numbers) {
        shown[printable(name, 60)] += count; // two may look alike
    }
    for (auto const& [name, count] : shown) {
        metrics.sample(count, {{label, name}});
    }
}

void add_runs(
    RunMetrics& metrics, RunSnapshot const& run, std::optional<RunEnd> const& end, LastingSamples const& before)
{
    metrics.metric("build_info", MetricType::gauge, "The program's version; always 1.");
    metrics.sample(std::size_t{1}, {{"version", version()}});
    metrics.lasting(kLastRun, "When the last run began, in Unix time.", before, number(run.started));
    metrics.lasting(kLastSuccess, "When a run last ended with exit code 0, in Unix time.", before,
        end && end->exit_code == 0 ? std::optional{number(end->at)} : std::nullopt);
    metrics.lasting(kLastExitCode, "Exit code of the last run that has ended.", before,
        end ? std::optional{std::to_string(end->exit_code)} : std::nullopt);
    metrics.metric("running", MetricType::gauge, "1 while a run is going on, 0 after it.");
    metrics.sample(std::size_t{end ? 0U : 1U});
    metrics.metric("duration_seconds", MetricType::gauge, "How long the run took, or has been going on.");
    metrics.sample(run.elapsed);
}

void add_conversations(RunMetrics& metrics, RunSnapshot const& run)
{
    auto const& numbers = run.conversations;
    metrics.metric("conversations_total", MetricType::counter, "Conversations that the run is done with, by result.");
    counts(metrics, "result",
        {{"processed", numbers.processed}, {"skipped", numbers.skipped}, {"failed", numbers.failed}});
    metrics.metric("conversations_remaining", MetricType::gauge, "Conversations found that the run is not done with.");
    metrics.sample(numbers.not_reached());
    metrics.metric("conversation_failures_total", MetricType::counter, "Conversations that failed, by reason.");
    counts(metrics, "reason", run.conversation_failures, conversation_failures());
}

void add_messages(RunMetrics& metrics, RunSnapshot const& run)
{
    auto const& numbers = run.messages;
    metrics.metric("messages_total", MetricType::counter,
        "Messages by fate: new, stored before, excluded, failed; surplus ones are stored but not at Freshchat.");
    counts(metrics, "fate",
        {{"new", numbers.fresh}, {"stored", numbers.stored}, {"excluded", numbers.excluded}, {"failed", numbers.failed},
            {"surplus", numbers.surplus}});
    metrics.metric("message_failures_total", MetricType::counter,
        "Messages that failed, by the database's code, or unusable, lost or not_stored.");
    counts(metrics, "reason", run.message_failures, message_failures());
}

void add_requests(RunMetrics& metrics, RunSnapshot const& run)
{
    std::array const sides{std::pair{"freshchat", &run.freshchat}, std::pair{"supabase", &run.supabase}};
    metrics.metric(
        "requests_total", MetricType::counter, "Requests, retries included, by HTTP status or network fault.");
    for (auto const& [side, calls] : sides) {
        auto by_outcome = calls->by_outcome;
        by_outcome.try_emplace("200", 0);
        for (auto const& [outcome, count] : by_outcome) {
            metrics.sample(count, {{"side", side}, {"outcome", outcome}});
        }
    }
    metrics.metric("request_seconds_total", MetricType::counter, "How long all requests together took.");
    for (auto const& [side, calls] : sides) {
        metrics.sample(calls->time, {{"side", side}});
    }
    metrics.metric("retries_total", MetricType::counter, "Requests that were sent again after a fault.");
    for (auto const& [side, calls] : sides) {
        metrics.sample(calls->retried, {{"side", side}});
    }
}

void add_quota(RunMetrics& metrics, RunSnapshot const& run)
{
    constexpr double kSecondsPerMinute = 60;
    auto const& traffic = run.traffic;
    metrics.metric("throttled_total", MetricType::counter, "Requests that Freshchat answered with 429.");
    metrics.sample(run.freshchat.throttled());
    metrics.metric(
        "quota_ceiling_requests_per_second", MetricType::gauge, "Freshchat's quota as far as it is known, else 0.");
    metrics.sample(traffic.ceiling_per_minute / kSecondsPerMinute);
    metrics.metric("quota_used_ratio", MetricType::gauge, "Accepted requests by what the quota allowed.");
    metrics.sample(traffic.used_ratio);

    auto const all = by_limit(run.waits);
    metrics.metric("wait_seconds_total", MetricType::counter, "How long all fetchers together waited, by reason.");
    for (auto const& [limit, time] : all) {
        metrics.sample(time, {{"reason", name_of(limit)}});
    }
    metrics.metric("limited_by", MetricType::gauge, "1 for what the fetchers waited for longest, else 0.");
    auto const longest = largest(run.waits);
    for (auto const& [limit, time] : all) {
        bool const limits = limit == longest && time > Clock::Duration::zero();
        metrics.sample(std::size_t{limits ? 1U : 0U}, {{"reason", name_of(limit)}});
    }
}

} // namespace

MetricLabels metric_identity(Settings const& settings)
{
    MetricLabels labels{{"command", name_of(settings.command)}};
    if (settings.selection.shard.count > 1) {
        labels.emplace("shard", std::to_string(settings.selection.shard.index));
    }
    return labels;
}

LastingSamples lasting_samples(Settings const& settings, std::string_view text)
{
    std::vector<std::string> known;
    for (auto const command : {Command::run, Command::dry_run, Command::verify}) {
        auto labels = metric_identity(settings);
        labels["command"] = name_of(command);
        for (auto const name : {kLastRun, kLastSuccess, kLastExitCode}) {
            known.push_back(series_text(full_name(name), labels));
        }
    }
    LastingSamples samples;
    while (!text.empty()) {
        auto const line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        auto const blank = std::min(line.rfind(' '), line.size());
        auto const series = line.substr(0, blank);
        auto const value = line.substr(std::min(blank + 1, line.size()));
        if (std::ranges::find(known, series) != known.end() && is_finite_number(value)) {
            samples.emplace(series, value);
        }
    }
    return samples;
}

std::string metrics_text(
    Settings const& settings, RunSnapshot const& run, std::optional<RunEnd> const& end, LastingSamples const& before)
{
    RunMetrics metrics{metric_identity(settings)};
    add_runs(metrics, run, end, before);
    add_conversations(metrics, run);
    add_messages(metrics, run);
    add_requests(metrics, run);
    add_quota(metrics, run);
    return metrics.take();
}

} // namespace backfill::app
