#include "app/settings/outputs.hpp"

#include "app/settings/endpoints.hpp"
#include "app/settings/readers.hpp"

#include <filesystem>
#include <set>
#include <string>
#include <system_error>

namespace backfill::app {
namespace {

/// One text for all spellings of a path.
std::string one_spelling(std::string const& path)
{
    std::error_code unknown;
    auto const whole = std::filesystem::weakly_canonical(std::filesystem::absolute(path, unknown), unknown);
    return unknown ? path : whole.string();
}

/// Each would put itself in the place of the other.
void expect_files_apart(SettingValues const& values)
{
    std::set<std::string> taken;
    for (auto const* name : {"STATE_FILE", "REJECTS_FILE", "SUMMARY_FILE", "REPORT_FILE", "METRICS_FILE"}) {
        if (auto const file = values.find(name); file && !taken.insert(one_spelling(file->text)).second) {
            refuse(*file, "is the file of another setting too");
        }
    }
}

/// A group of metrics: a path that names none gets our own.
http::Endpoint pushgateway(SettingValues const& values, SettingValue const& value)
{
    auto parsed = endpoint(values, value, "the metrics", "a Pushgateway, e.g. https://pushgateway.example.com");
    if (parsed.path.find("/metrics/job/") == std::string::npos) {
        parsed.path += "/metrics/job/freshchat_backfill";
    }
    return parsed;
}

} // namespace

void read_watching(Settings& settings, SettingValues const& values, SettingSources const& sources)
{
    settings.log_format = static_cast<LogFormat>(choice(values, "LOG_FORMAT"));
    settings.progress = static_cast<ProgressStyle>(choice(values, "PROGRESS"));
    settings.progress_interval =
        *duration(values, "PROGRESS_INTERVAL", std::chrono::seconds{1}, std::chrono::hours{24});
    expect_files_apart(values);
    settings.summary_file = text(values, "SUMMARY_FILE");
    settings.report_file = text(values, "REPORT_FILE");
    settings.metrics_file = text(values, "METRICS_FILE");
    if (auto const url = values.find("PUSHGATEWAY_URL")) {
        settings.pushgateway = pushgateway(values, *url);
        settings.pushgateway_transport = transport_options(values, *settings.pushgateway, sources);
    }
}

} // namespace backfill::app
