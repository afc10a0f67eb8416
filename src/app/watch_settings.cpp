#include "app/watch_settings.hpp"

#include "app/setting_readers.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>

namespace backfill::app {
namespace {

/// A file that is to be written, or "" for none; two settings must not name the same.
std::string own_file(SettingValues const& values, char const* name, std::initializer_list<std::string> others)
{
    auto const file = values.find(name);
    if (file && std::find(others.begin(), others.end(), file->text) != others.end()) {
        refuse(*file, "is the file of another setting too");
    }
    return file ? file->text : std::string{};
}

} // namespace

void read_watching(Settings& settings, SettingValues const& values)
{
    settings.log_format = static_cast<LogFormat>(choice(values, "LOG_FORMAT", {"text", "json"}));
    settings.progress = static_cast<ProgressStyle>(choice(values, "PROGRESS", {"auto", "plain", "none"}));
    settings.progress_interval =
        *duration(values, "PROGRESS_INTERVAL", std::chrono::seconds{1}, std::chrono::hours{24});
    settings.summary_file = own_file(values, "SUMMARY_FILE", {settings.state_file, settings.rejects_file});
    settings.report_file =
        own_file(values, "REPORT_FILE", {settings.state_file, settings.rejects_file, settings.summary_file});
}

} // namespace backfill::app
