#include "app/settings/outputs.hpp"

#include "app/settings/endpoints.hpp"
#include "app/settings/readers.hpp"

#include <filesystem>
#include <set>
#include <string>
#include <system_error>

namespace backfill::app {
namespace {

/// The same text for all spellings of a path.
std::string one_spelling(std::string const& path)
{
    std::error_code unknown;
    auto const whole = std::filesystem::weakly_canonical(std::filesystem::absolute(path, unknown), unknown);
    return unknown ? path : whole.string();
}

/// Two settings with one file would replace each other's.
void expect_files_apart(SettingValues const& values)
{
    std::set<std::string> taken;
    for (auto const* name : {"STATE_FILE", "REJECTS_FILE", "SUMMARY_FILE", "REPORT_FILE", "METRICS_FILE"}) {
        if (auto const file = values.find(name); file && !taken.insert(one_spelling(file->text)).second) {
            refuse(*file, "is the file of another setting too");
        }
    }
}

/// The path names a group of metrics; one that names none gets ours.
http::Endpoint pushgateway(SettingValues const& values, SettingValue const& value)
{
    auto parsed = endpoint(values, value, "the metrics", "a Pushgateway, e.g. https://pushgateway.example.com");
    if (parsed.path.find("/metrics/job/") == std::string::npos) {
        parsed.path += "/metrics/job/freshchat_backfill";
    }
    return parsed;
}

} // namespace

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
    if (auto const url = values.find("PUSHGATEWAY_URL")) {
        settings.pushgateway = pushgateway(values, *url);
        settings.pushgateway_transport = transport_options(values, *settings.pushgateway);
    }
}

} // namespace backfill::app
