#include "app/watch_settings.hpp"

#include "app/endpoint_settings.hpp"
#include "app/setting_readers.hpp"

#include <algorithm>
#include <vector>

namespace backfill::app {
namespace {

/// The file of a setting, empty when it is unset; refused when it is one of `taken`, to which it is added.
std::string own_file(SettingValues const& values, std::string const& name, std::vector<std::string>& taken)
{
    auto const file = values.find(name);
    if (!file) {
        return {};
    }
    if (std::find(taken.begin(), taken.end(), file->text) != taken.end()) {
        refuse(*file, "is the file of another setting too");
    }
    taken.push_back(file->text);
    return file->text;
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
    std::vector<std::string> files{settings.state_file, settings.rejects_file};
    settings.summary_file = own_file(values, "SUMMARY_FILE", files);
    settings.report_file = own_file(values, "REPORT_FILE", files);
    settings.metrics_file = own_file(values, "METRICS_FILE", files);
    if (auto const url = values.find("PUSHGATEWAY_URL")) {
        settings.pushgateway = pushgateway(values, *url);
        settings.pushgateway_transport = transport_options(values, *settings.pushgateway, sources);
    }
}

} // namespace backfill::app
