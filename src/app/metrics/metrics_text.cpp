#include "app/metrics/metrics_text.hpp"

#include "app/log/words.hpp"

#include "backfill/core/printable.hpp"
#include "backfill/core/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>
#include <utility>
#include <vector>

namespace backfill::app {
namespace {

using Sample = std::pair<MetricLabels, std::string>; ///< its labels beside those of the run, and its value

/// By Prometheus' conventions it is a counter if its name ends in _total, else a gauge.
struct Metric {
    std::string_view name;
    std::string_view help; ///< a sentence
    std::vector<Sample> samples;
};

// They outlast a run.
constexpr auto kLastRun = "last_run_timestamp_seconds";
constexpr auto kLastSuccess = "last_success_timestamp_seconds";
constexpr auto kLastExitCode = "last_exit_code";

std::string full_name(std::string_view name)
{
    return fmt::format("freshchat_backfill_{}", name);
}

std::string escaped(std::string_view value)
{
    std::string text;
    for (char const c : value) {
        text += c == '\n' ? "\\n" : c == '"' ? "\\\"" : c == '\\' ? "\\\\" : std::string(1, c);
    }
    return text;
}

std::string text(double value)
{
    return fmt::format("{:.3f}", value);
}

std::string text(std::size_t value)
{
    return std::to_string(value);
}

template <typename Rep, typename Period>
std::string text(std::chrono::duration<Rep, Period> value)
{
    return text(std::chrono::duration<double>(value).count());
}

bool is_finite_number(std::string_view text)
{
    double parsed = 0;
    auto const [stop, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
    return error == std::errc{} && stop == text.data() + text.size() && std::isfinite(parsed);
}

std::vector<Sample> one(auto value)
{
    return {{{}, text(value)}};
}

std::vector<Sample> by(char const* label, Counts const& numbers)
{
    std::vector<Sample> samples;
    for (auto const& [name, number] : numbers) {
        samples.push_back({{{label, name}}, text(number)});
    }
    return samples;
}

/// The `known` ones are present as 0: an absent sample cannot be told from 0, and a Pushgateway keeps an earlier run's
/// samples of a metric that is not sent.
std::vector<Sample> by_reason(Counts const& failures, std::vector<FailureText> const& known)
{
    Counts shown;
    for (auto const& failure : known) {
        shown.emplace(failure.code, 0);
    }
    for (auto const& [code, count] : failures) {
        shown[printable(code, 60)] += count; // two may look alike
    }
    return by("reason", shown);
}

std::vector<Sample> by_fate(MessageCounts const& messages)
{
    Counts fates;
    for (auto const& [name, fate] : kMessageFates) {
        fates[name] = messages.*fate;
    }
    return by("fate", fates);
}

std::vector<Sample> by_outcome(RunSnapshot const& run)
{
    std::vector<Sample> samples;
    for (auto const& [side, calls] : {std::pair{"freshchat", &run.freshchat}, std::pair{"supabase", &run.supabase}}) {
        auto outcomes = calls->by_outcome;
        outcomes.try_emplace("200", 0);
        for (auto const& [outcome, count] : outcomes) {
            samples.push_back({{{"side", side}, {"outcome", outcome}}, text(count)});
        }
    }
    return samples;
}

template <typename Number>
std::vector<Sample> by_side(RunSnapshot const& run, Number Calls::*number)
{
    return {
        {{{"side", "freshchat"}}, text(run.freshchat.*number)}, {{{"side", "supabase"}}, text(run.supabase.*number)}};
}

std::vector<Sample> by_wait(Waits const& waits, auto const& text_of)
{
    std::vector<Sample> samples;
    for (auto const& [name, wait] : kWaits) {
        samples.push_back({{{"reason", name}}, text_of(name, waits.*wait)});
    }
    return samples;
}

std::vector<Sample> by_command(LastingSamples const& lasting, std::string_view name)
{
    std::vector<Sample> samples;
    if (auto const found = lasting.find(name); found != lasting.end()) {
        for (auto const& [command, value] : found->second) {
            samples.push_back({{{"command", command}}, value});
        }
    }
    return samples;
}

std::vector<Metric> metrics_of(RunSnapshot const& run, bool ended, LastingSamples const& lasting)
{
    constexpr double kSecondsPerMinute = 60;
    auto const& conversations = run.conversations;
    return {{"build_info", "The program's version; always 1.", {{{{"version", version()}}, "1"}}},
        {kLastRun, "When the last run began, in Unix time.", by_command(lasting, kLastRun)},
        {kLastSuccess, "When a run last ended with exit code 0, in Unix time.", by_command(lasting, kLastSuccess)},
        {kLastExitCode, "Exit code of the last run that has ended.", by_command(lasting, kLastExitCode)},
        {"running", "1 while a run is going on, 0 after it.", one(std::size_t{!ended})},
        {"duration_seconds", "How long the run took, or has been going on.", one(run.elapsed)},
        {"conversations_total", "Conversations that the run is done with, by result.",
            by("result",
                {{"processed", conversations.processed}, {"skipped", conversations.skipped},
                    {"failed", conversations.failed}})},
        {"conversations_remaining", "Conversations found that the run is not done with.",
            one(conversations.not_reached())},
        {"conversation_failures_total", "Conversations that failed, by reason.",
            by_reason(run.conversation_failures, conversation_failures())},
        {"messages_total",
            "Messages by fate: new, stored before, excluded, failed; surplus ones are stored but not at Freshchat.",
            by_fate(run.messages)},
        {"message_failures_total", "Messages that failed, by the database's code, or unusable, lost or not_stored.",
            by_reason(run.message_failures, message_failures())},
        {"requests_total", "Requests, retries included, by HTTP status or network fault.", by_outcome(run)},
        {"request_seconds_total", "How long all requests together took.", by_side(run, &Calls::time)},
        {"retries_total", "Requests that were sent again after a fault.", by_side(run, &Calls::retried)},
        {"throttled_total", "Requests that Freshchat answered with 429.", one(run.freshchat.throttled())},
        {"quota_ceiling_requests_per_second", "Freshchat's quota as far as it is known, else 0.",
            one(run.traffic.ceiling_per_minute / kSecondsPerMinute)},
        {"quota_used_ratio", "Accepted requests by what the quota allowed.", one(run.traffic.used_ratio)},
        {"wait_seconds_total", "How long all fetchers together waited, by reason.",
            by_wait(run.waits, [](auto const& /*name*/, auto time) { return text(time); })},
        {"limited_by", "1 for what the fetchers waited for longest, else 0.",
            by_wait(run.waits, [longest = run.waits.longest()](auto const& name, auto time) {
                return name == longest && time > Clock::Duration::zero() ? "1" : "0";
            })}};
}

} // namespace

std::string series_text(std::string_view name, MetricLabels const& labels)
{
    std::vector<std::string> texts;
    for (auto const& [label, value] : labels) {
        texts.push_back(fmt::format("{}=\"{}\"", label, escaped(value)));
    }
    return fmt::format("{}{{{}}}", name, fmt::join(texts, ","));
}

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
    std::map<std::string, std::string, std::less<>> values; // by their series
    std::istringstream lines{std::string{text}};
    for (std::string line; std::getline(lines, line);) {
        auto const blank = std::min(line.rfind(' '), line.size());
        values.emplace(line.substr(0, blank), line.substr(std::min(blank + 1, line.size())));
    }
    LastingSamples samples;
    for (auto const command : {Command::run, Command::dry_run, Command::verify}) {
        auto labels = metric_identity(settings);
        labels["command"] = name_of(command);
        for (auto const* const name : {kLastRun, kLastSuccess, kLastExitCode}) {
            auto const found = values.find(series_text(full_name(name), labels));
            if (found != values.end() && is_finite_number(found->second)) {
                samples[name].emplace(name_of(command), found->second);
            }
        }
    }
    return samples;
}

std::string metrics_text(
    Settings const& settings, RunSnapshot const& run, std::optional<RunEnd> const& end, LastingSamples const& before)
{
    auto const command = name_of(settings.command);
    auto lasting = before;
    lasting[kLastRun][command] = text(run.started.time_since_epoch());
    if (end) {
        lasting[kLastExitCode][command] = std::to_string(end->exit_code);
    }
    if (end && end->exit_code == 0) {
        lasting[kLastSuccess][command] = text(end->at.time_since_epoch());
    }
    auto const identity = metric_identity(settings);
    std::string out;
    for (auto const& [name, help, samples] : metrics_of(run, end.has_value(), lasting)) {
        if (!samples.empty()) {
            out += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", full_name(name), help,
                name.ends_with("_total") ? "counter" : "gauge");
        }
        for (auto [labels, value] : samples) {
            labels.insert(identity.begin(), identity.end());
            out += fmt::format("{} {}\n", series_text(full_name(name), labels), value);
        }
    }
    return out;
}

} // namespace backfill::app
