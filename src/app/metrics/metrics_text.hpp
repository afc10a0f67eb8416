#pragma once

#include "app/facts/run_end.hpp"
#include "app/metrics/metrics_format.hpp"

#include "app/facts/run_facts.hpp"
#include "app/settings/settings.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace backfill::app {

/// Samples that outlast the run they are of (the time of the last success, above all): metric → labels → value.
using LastingSamples = std::map<std::string, std::map<MetricLabels, std::string>, std::less<>>;

/// What tells this run's samples from those of others: the command, and the shard if there are several.
MetricLabels metric_identity(Settings const& settings);

/// Those of a file that was written by an earlier run of any command, for the same shard. What is none of them is
/// passed over, whatever it is.
LastingSamples lasting_samples(Settings const& settings, std::string_view text);

/// The numbers of a run. Labels have few values: the command and shard, a side, an outcome, a reason; never an id.
/// Known values of a label are there from the start, as 0. Lasting samples that this run does not set, or not yet, are
/// taken from `before`; without them they are left out.
std::string metrics_text(Settings const& settings, RunSnapshot const& run, std::optional<RunEnd> const& end,
    LastingSamples const& before = {});

} // namespace backfill::app
