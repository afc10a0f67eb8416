#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace backfill::app {

// Prometheus' text format, 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats

using MetricLabels = std::map<std::string, std::string, std::less<>>;

enum class MetricType : std::uint8_t { counter, gauge };

/// Metrics, each followed by its samples.
class MetricsWriter {
public:
    void metric(std::string_view name, MetricType type, std::string_view help);

    /// One of the metric named last. Label values may hold anything that is UTF-8.
    void sample(MetricLabels const& labels, std::string_view value);

    std::string take() { return std::move(text_); }

private:
    std::string name_;
    std::string text_;
};

struct MetricSample {
    std::string name;
    MetricLabels labels;
    std::string value;
};

/// A line that is a sample with labels, a finite value and no time, as MetricsWriter writes it; nothing for any other.
std::optional<MetricSample> parse_sample(std::string_view line);

} // namespace backfill::app
