// Messages over time: days become columns that are few enough to see.

#include "app/log/number_text.hpp"
#include "app/page/html_text.hpp"
#include "app/page/pictures.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <map>

namespace backfill::app {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

/// Spans of the calendar. `months` = 0: so many days, beginning on a Monday where it is a whole number of weeks.
struct Span {
    char const* name;
    int length_days;
    int months;
};

constexpr std::array kSpans{Span{"a day", 1, 0}, Span{"a week", 7, 0}, Span{"a month", 0, 1}, Span{"a year", 0, 12},
    Span{"ten years", 0, 120}, Span{"a century", 0, 1200}, Span{"a thousand years", 0, 12000}};
constexpr std::array kTickSpans{Span{"", 1, 0}, Span{"", 2, 0}, Span{"", 7, 0}, Span{"", 14, 0}, Span{"", 0, 1},
    Span{"", 0, 3}, Span{"", 0, 6}, Span{"", 0, 12}, Span{"", 0, 24}, Span{"", 0, 60}, Span{"", 0, 120},
    Span{"", 0, 240}, Span{"", 0, 600}, Span{"", 0, 1200}, Span{"", 0, 6000}, Span{"", 0, 24000}};
constexpr std::size_t kMostColumns = 92; // a quarter, day by day
constexpr std::size_t kMostTicks = 6;

sys_days to_date(Day day)
{
    return sys_days{days{day}};
}

int rounded_down(int number, int step)
{
    return number - (number % step + step) % step;
}

/// The first day of the span that holds `day`.
sys_days begin_of(Span const& span, sys_days day)
{
    if (span.months == 0) {
        constexpr int kMonday = 4; // 1970-01-05
        auto const number = static_cast<int>(day.time_since_epoch().count());
        return to_date(span.length_days % 7 == 0 ? rounded_down(number - kMonday, span.length_days) + kMonday
                                                 : rounded_down(number, span.length_days));
    }
    year_month_day const date{day};
    auto const month = int{date.year()} * 12 + static_cast<int>(unsigned{date.month()}) - 1;
    auto const first = rounded_down(month, span.months);
    return sys_days{std::chrono::year{rounded_down(first, 12) / 12}
        / std::chrono::month{static_cast<unsigned>(first - rounded_down(first, 12)) + 1} / 1};
}

sys_days after(Span const& span, sys_days begin)
{
    return span.months == 0 ? begin + days{span.length_days}
                            : sys_days{year_month_day{begin} + std::chrono::months{span.months}};
}

/// The beginnings of all spans from that of `first` on, to the one that is behind `last`; nothing when there were more
/// than `most`.
std::vector<sys_days> edges(Span const& span, sys_days first, sys_days last, std::size_t most)
{
    std::vector<sys_days> begins{begin_of(span, first)};
    while (begins.back() <= last) {
        begins.push_back(after(span, begins.back()));
        if (begins.size() > most + 1) {
            return {};
        }
    }
    return begins;
}

std::string span_text(Span const& span, sys_days begin)
{
    return span.months == 0 && span.length_days == 1 ? date_text(begin)
        : span.months == 0                           ? "week of " + date_text(begin)
        : span.months < 12                           ? month_text(begin)
        : span.months == 12                          ? std::to_string(int{year_month_day{begin}.year()})
                                                     : std::to_string(int{year_month_day{begin}.year()}) + " and after";
}

std::vector<Tick> date_ticks(sys_days from, sys_days to)
{
    auto const whole = static_cast<double>((to - from).count());
    for (auto const& span : kTickSpans) {
        auto const begins = edges(span, from, to, 400);
        std::vector<Tick> ticks;
        for (auto const begin : begins) {
            if (begin >= from && begin <= to) {
                auto const date = date_text(begin);
                auto const year = date.substr(date.rfind(' ') + 1);
                ticks.push_back({static_cast<double>((begin - from).count()) / whole,
                    span.months == 0       ? date.substr(0, date.rfind(' '))
                        : span.months < 12 ? month_text(begin)
                                           : year});
            }
        }
        if (!ticks.empty() && ticks.size() <= kMostTicks) {
            return ticks;
        }
    }
    return {};
}

using ByDay = std::map<Day, RunHistory::Messages>;

std::size_t sum(ByDay const& by_day)
{
    std::size_t all = 0;
    for (auto const& [day, messages] : by_day) {
        all += messages.fresh + messages.stored;
    }
    return all;
}

/// Takes away the outermost messages, at most one of 500 at each end, when what is left is less than half as long.
ByDay without_strays(ByDay const& by_day)
{
    constexpr std::size_t kOneOf = 500;
    auto const most = sum(by_day) / kOneOf;
    auto const length = [](ByDay const& some) { return some.rbegin()->first - some.begin()->first; };
    auto core = by_day;
    auto const strip = [&core, most](auto outermost) {
        std::size_t taken = 0;
        while (core.size() > 1) {
            auto const at = outermost();
            taken += at->second.fresh + at->second.stored;
            if (taken > most) {
                return;
            }
            core.erase(at);
        }
    };
    strip([&core] { return core.begin(); });
    strip([&core] { return std::prev(core.end()); });
    return length(core) * 2 < length(by_day) ? core : by_day;
}

} // namespace

Picture messages_over_time(RunHistory const& history, MessageWords const& names)
{
    Picture picture{"Messages by the day they were written", {}};
    auto const undated = history.undated.fresh + history.undated.stored;
    auto const& all = history.messages_by_day;
    if (all.empty()) {
        picture.caption = undated > 0 ? "No message has a time that could be read." : "No message was seen.";
        return picture;
    }
    auto const shown = without_strays(all);
    auto const first = to_date(shown.begin()->first);
    auto const last = to_date(shown.rbegin()->first);
    std::vector<sys_days> begins;
    auto const* span = kSpans.begin();
    for (begins = edges(*span, first, last, kMostColumns); begins.empty();) {
        ++span;
        begins = edges(*span, first, last, kMostColumns);
    }
    ColumnChart chart{"days", picture.heading, {}, "From",
        {{names.stored.name, Tone::stored}, {names.fresh.name, Tone::fresh}}, {},
        date_ticks(begins.front(), begins.back())};
    auto const whole = static_cast<double>((begins.back() - begins.front()).count());
    RunHistory::Messages total = history.undated;
    for (auto const& [day, messages] : all) {
        total.fresh += messages.fresh;
        total.stored += messages.stored;
    }
    auto at = shown.begin();
    for (std::size_t i = 0; i + 1 < begins.size(); ++i) {
        RunHistory::Messages in_span;
        for (; at != shown.end() && to_date(at->first) < begins[i + 1]; ++at) {
            in_span.fresh += at->second.fresh;
            in_span.stored += at->second.stored;
        }
        chart.columns.push_back({static_cast<double>((begins[i] - begins.front()).count()) / whole,
            static_cast<double>((begins[i + 1] - begins.front()).count()) / whole, span_text(*span, begins[i]),
            {static_cast<double>(in_span.stored), static_cast<double>(in_span.fresh)}});
    }
    picture.caption = (first == last ? date_text(first) : date_text(first) + " – " + date_text(last)) + " (UTC). "
        + (begins.size() > 2 ? "A column is " + std::string{span->name} + "." : std::string{});
    auto const left_out = sum(all) - sum(shown) + undated;
    picture.caption +=
        left_out > 0 ? " Not in the picture: " + grouped(left_out) + " without a time or far from all others." : "";
    picture.caption += total.fresh == 0 ? " No message was new." : "";
    chart.description = picture.caption + " " + grouped(total.fresh) + " " + names.fresh.name + ", "
        + grouped(total.stored) + " " + names.stored.name + ".";
    picture.sums = {total.stored, total.fresh};
    picture.chart = std::move(chart);
    return picture;
}

} // namespace backfill::app
