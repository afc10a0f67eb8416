#include "app/files/pass.hpp"

#include "backfill/core/printable.hpp"
#include "backfill/core/timestamp.hpp"

#include <fmt/format.h>

namespace backfill::app {
namespace {

using std::chrono::microseconds;
using std::chrono::system_clock;

/// Whoever fills the table writes a change hours after it was made, and clocks differ.
constexpr std::chrono::days kMargin{1};

system_clock::time_point time_of(std::string const& text)
{
    return system_clock::time_point{microseconds{parse_timestamp(text)->microseconds}};
}

std::string lower_bound(Settings const& settings, LastRun const& last, system_clock::time_point now)
{
    auto const& since = settings.updated_since;
    if (!since || (since->is_last_run() && last.mark.empty())) {
        return {};
    }
    return since->is_last_run() ? timestamp_text(time_of(last.mark) - kMargin)
        : since->ago            ? timestamp_text(now - *since->ago)
                                : since->from;
}

/// What changes before the place of a pass is left to the next one. By an age, that may not reach back so far: if it
/// comes after as long a time as the parts of this one took.
void warn_of_age(Settings const& settings, LastRun& last, system_clock::time_point now)
{
    auto const& since = settings.updated_since;
    if (!last.after || last.began.empty() || !since || !since->ago) {
        return;
    }
    auto const began = time_of(last.began);
    if (now + (now - began) - *since->ago > began) {
        last.warnings.push_back(
            fmt::format("This run goes on with a pass that began at {}: conversations before its place that have "
                        "changed since are not in it. When it is complete, run once with "
                        "--updated-since {}, or use last-run, which remembers.",
                last.began, last.began));
    }
}

} // namespace

LastRun begin_pass(Settings const& settings, StateFile const* state, system_clock::time_point now)
{
    auto last = state != nullptr ? state->last_run() : LastRun{};
    bool const by_mark = settings.updated_since && settings.updated_since->is_last_run();
    if (settings.command == Command::verify) { // it has no place, and warns of none
        last = {.warnings = by_mark ? last.warnings : std::vector<std::string>{}, .mark = last.mark, .owed = last.owed};
    }
    if (!last.mark.empty() && time_of(last.mark) > now) {
        if (by_mark) {
            last.warnings.push_back(
                fmt::format("STATE_FILE={}: the last run began at {}, which is still to come: a clock was wrong. All "
                            "conversations are taken.",
                    printable(settings.state_file), last.mark));
        }
        last.mark.clear();
    }
    if (!last.after) {
        last.began = timestamp_text(now);
        last.updated_since = lower_bound(settings, last, now);
    }
    warn_of_age(settings, last, now);
    if (!last.updated_since.empty() && !last.began.empty()) {
        // The next pass asks for what has changed since this one began; by any other bound, since this part did, for
        // all that is known.
        last.next_updated_since = timestamp_text(by_mark ? time_of(last.began) - kMargin : now);
    }
    if (!by_mark) {
        last.owed.clear();
    }
    return last;
}

bool takes_all_changes(Settings const& settings, LastRun const& last)
{
    auto const& chosen = settings.selection;
    bool const takes_part = chosen.only || chosen.limit || chosen.sample || last.began.empty();
    if (settings.command != Command::run || takes_part) {
        return false;
    }
    return last.updated_since.empty()
        || (!last.mark.empty() && time_of(last.updated_since) <= time_of(last.mark) - kMargin);
}

} // namespace backfill::app
