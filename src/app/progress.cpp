#include "app/progress.hpp"

#include "app/progress_text.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

namespace backfill::app {
namespace {

constexpr std::chrono::milliseconds kRedraw{250};
constexpr std::chrono::seconds kLook{1};

/// https://no-color.org
Colours colours()
{
    auto const* value = std::getenv("NO_COLOR");
    return value != nullptr && *value != '\0' ? Colours::none : Colours::some;
}

} // namespace

Progress::Progress(Settings const& settings, RunFacts const& facts, Console& console, Log const& log, Clock& clock)
    : settings_{settings},
      facts_{facts},
      console_{console},
      log_{log},
      clock_{clock},
      bar_{settings.progress == ProgressStyle::automatic && settings.log_format == LogFormat::text
          && console.rewrites()},
      thread_{[this] { run(); }}
{
}

Progress::~Progress()
{
    {
        std::lock_guard lock{mutex_};
        ended_ = true;
        wake_.request_stop();
    }
    thread_.join();
    console_.show_status("");
}

void Progress::tell_now()
{
    std::lock_guard lock{mutex_};
    wanted_ = true;
    wake_.request_stop();
}

bool Progress::told_now()
{
    std::lock_guard lock{mutex_};
    return std::exchange(wanted_, false);
}

bool Progress::rest_until(TimePoint wake)
{
    std::stop_token cut_short;
    {
        std::lock_guard lock{mutex_};
        if (ended_) {
            return false;
        }
        if (!wanted_) {
            wake_ = std::stop_source{};
        }
        cut_short = wake_.get_token();
    }
    clock_.sleep_until(wake, cut_short);
    std::lock_guard lock{mutex_};
    return !ended_;
}

void Progress::run()
{
    auto const colour = colours();
    ProgressMeter meter;
    auto next_line = clock_.now() + settings_.progress_interval;
    auto const often = bar_ ? std::chrono::milliseconds{kRedraw} : std::chrono::milliseconds{kLook};
    while (rest_until(clock_.now() + often)) {
        auto const view = meter.look(facts_.snapshot());
        bool const due = !bar_ && settings_.progress != ProgressStyle::none && clock_.now() >= next_line;
        if (due) {
            next_line += settings_.progress_interval;
        }
        if (told_now() || due) {
            log_.note(progress_event(view, settings_));
        }
        if (bar_) {
            console_.show_status(progress_bar(view, settings_, Console::columns(), colour));
        }
    }
}

} // namespace backfill::app
