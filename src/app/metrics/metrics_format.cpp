#include "app/metrics/metrics_format.hpp"

#include <fmt/format.h>

namespace backfill::app {
namespace {

std::string escaped(std::string_view value)
{
    std::string text;
    for (char const c : value) {
        text += c == '\n' ? "\\n" : c == '"' ? "\\\"" : c == '\\' ? "\\\\" : std::string(1, c);
    }
    return text;
}

} // namespace

std::string metric_head(std::string_view name, MetricType type, std::string_view help)
{
    return fmt::format(
        "# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type == MetricType::counter ? "counter" : "gauge");
}

std::string series_text(std::string_view name, MetricLabels const& labels)
{
    std::string text;
    for (auto const& [label, value] : labels) {
        text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", label, escaped(value));
    }
    return fmt::format("{}{{{}}}", name, text);
}

} // namespace backfill::app
