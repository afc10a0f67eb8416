#include "app/doctor/run_time.hpp"

#include "app/log/number_text.hpp"

#include <fmt/format.h>

#include <chrono>
#include <string>

namespace backfill::app {
namespace {

using Minutes = std::chrono::duration<double, std::ratio<60>>;

Clock::Duration at_rate(std::size_t calls, double per_minute)
{
    return std::chrono::duration_cast<Clock::Duration>(Minutes{static_cast<double>(calls) / per_minute});
}

/// Each fetcher keeps its own delays; a batch waits for its slowest.
Clock::Duration with_delays(Settings const& settings, std::size_t conversations, Clock::Duration answer)
{
    auto const each = answer + settings.rate_limit_delay;
    auto const turns = static_cast<Clock::Duration::rep>((conversations - 1) / settings.concurrency + 1);
    auto const waits = static_cast<Clock::Duration::rep>((conversations - 1) / settings.batch_size);
    return each * turns + settings.batch_delay * waits;
}

} // namespace

Check run_time(
    Settings const& settings, std::size_t conversations, Clock::Duration answer, std::optional<double> declared)
{
    auto const calls = fmt::format("{} {} to Freshchat", settings.mode == Mode::missing ? "up to" : "at least",
        plain_counted(conversations, "call"));
    auto const& quota = settings.quota;
    auto const ceiling = quota.max_per_minute > 0 ? quota.max_per_minute : declared.value_or(0);
    std::string how_long;
    if (settings.pace == Pace::fixed) {
        how_long = fmt::format(
            "about {} with the delays as they are set", duration_text(with_delays(settings, conversations, answer)));
    } else if (ceiling > 0) {
        auto const per_minute = ceiling * quota.share / static_cast<double>(quota.shards);
        how_long =
            fmt::format("about {} at {:.0f} a minute", duration_text(at_rate(conversations, per_minute)), per_minute);
    } else {
        constexpr double kExample = 100;
        how_long = fmt::format("the pace is learned from the first minute on (at {:.0f} a minute: {})", kExample,
            duration_text(at_rate(conversations, kExample)));
    }
    return {"run_time", Check::Result::ok, fmt::format("{}, one for 50 messages; {}", calls, how_long), {}};
}

} // namespace backfill::app
