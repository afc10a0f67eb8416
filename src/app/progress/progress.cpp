#include "app/progress/progress.hpp"

#include <chrono>
#include <cstdlib>

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
      colours_{colours()},
      next_line_{clock.now() + settings.progress_interval},
      looks_{clock, bar_ ? Clock::Duration{kRedraw} : Clock::Duration{kLook}, Periodic::First::after_period,
          [this](Periodic::Cause cause, std::stop_token const& /*end*/) { look(cause); }}
{
}

Progress::~Progress()
{
    end();
}

void Progress::end()
{
    looks_.end();
    console_.show_status("");
}

void Progress::look(Periodic::Cause cause)
{
    auto const view = meter_.look(facts_.snapshot());
    bool const due = !bar_ && settings_.progress != ProgressStyle::none && clock_.now() >= next_line_;
    if (due) {
        next_line_ += settings_.progress_interval;
    }
    if (due || cause == Periodic::Cause::asked) {
        log_.note(progress_event(view, settings_));
    }
    if (bar_) {
        console_.show_status(progress_bar(view, settings_, Console::columns(), colours_));
    }
}

} // namespace backfill::app
