#pragma once

#include "app/facts/run_facts.hpp"
#include "app/settings/settings.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace backfill::app {

// Prometheus' text format, 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats

/// Values may hold anything that is UTF-8.
using MetricLabels = std::map<std::string, std::string, std::less<>>;

/// Names a sample, all of its line before the value: `name{label="value"}`.
std::string series_text(std::string_view name, MetricLabels const& labels);

/// Samples that outlast their run (above all the time of the last success): metric → command → value.
using LastingSamples = std::map<std::string, std::map<std::string, std::string>, std::less<>>;

/// Labels that tell this run's samples from those of others: the command, and the shard if there are several.
MetricLabels metric_identity(Settings const& settings);

/// Reads what an earlier run of any command, for the same shard, left in its file. Other lines are ignored.
LastingSamples lasting_samples(Settings const& settings, std::string_view text);

/// The numbers of a run. Labels have few values: the command and shard, a side, an outcome, a reason; never an id.
/// Known values of a label are present as 0 from the start. Lasting samples that this run has not set come from
/// `before`.
std::string metrics_text(Settings const& settings, RunSnapshot const& run, std::optional<RunEnd> const& end,
    LastingSamples const& before = {});

} // namespace backfill::app
