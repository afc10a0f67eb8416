#include "app/watch_settings.hpp"

#include "app/setting_readers.hpp"

namespace backfill::app {

void read_watching(Settings& settings, SettingValues const& values)
{
    settings.log_format = static_cast<LogFormat>(choice(values, "LOG_FORMAT"));
    settings.progress = static_cast<ProgressStyle>(choice(values, "PROGRESS"));
    settings.progress_interval =
        *duration(values, "PROGRESS_INTERVAL", std::chrono::seconds{1}, std::chrono::hours{24});
    if (auto const file = values.find("SUMMARY_FILE")) {
        if (file->text == settings.state_file || file->text == settings.rejects_file) {
            refuse(*file, "is the file of another setting too");
        }
        settings.summary_file = file->text;
    }
}

} // namespace backfill::app
