#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace backfill::app {

// Prometheus' text format, 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats

/// Values may hold anything that is UTF-8.
using MetricLabels = std::map<std::string, std::string, std::less<>>;

enum class MetricType : std::uint8_t { counter, gauge };

/// The two lines before a metric's samples.
std::string metric_head(std::string_view name, MetricType type, std::string_view help);

/// Names a sample, all of its line before the value: `name{label="value"}`.
std::string series_text(std::string_view name, MetricLabels const& labels);

} // namespace backfill::app
