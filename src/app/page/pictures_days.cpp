#include "app/page/pictures.hpp"

#include "app/log/number_text.hpp"
#include "app/page/html_text.hpp"

#include <fmt/format.h>

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

/// A span of the calendar. With `months` = 0 it is `length_days` long, and whole weeks begin on a Monday.
struct Span {
    int length_days = 0;
    int months = 0;
    char const* name = "";
};

constexpr std::array kSpans{Span{1, 0, "a day"}, Span{7, 0, "a week"}, Span{0, 1, "a month"}, Span{0, 12, "a year"},
    Span{0, 120, "ten years"}, Span{0, 1200, "a century"}, Span{0, 12000, "a thousand years"}};
constexpr std::array kTickSpans{Span{1, 0}, Span{2, 0}, Span{7, 0}, Span{14, 0}, Span{0, 1}, Span{0, 3}, Span{0, 6},
    Span{0, 12}, Span{0, 24}, Span{0, 60}, Span{0, 120}, Span{0, 240}, Span{0, 600}, Span{0, 1200}, Span{0, 6000},
    Span{0, 24000}};
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

/// The first day of the span that `day` is in.
sys_days begin_of(Span const& span, sys_days day)
{
    if (span.months == 0) {
        constexpr int kMonday = 4; // 1970-01-05
        auto const number = static_cast<int>(day.time_since_epoch().count());
        auto const first = span.length_days % 7 == 0 ? kMonday : 0;
        return to_date(rounded_down(number - first, span.length_days) + first);
    }
    year_month_day const date{day};
    auto const month = int{date.year()} * 12 + static_cast<int>(unsigned{date.month()}) - 1;
    return sys_days{std::chrono::year{0} / 1 / 1 + std::chrono::months{rounded_down(month, span.months)}};
}

sys_days after(Span const& span, sys_days begin)
{
    return span.months == 0 ? begin + days{span.length_days}
                            : sys_days{year_month_day{begin} + std::chrono::months{span.months}};
}

/// The beginnings of all spans from the one of `first` to the first behind `last`; nothing where they are more than
/// `most`.
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

std::string year_text(sys_days day)
{
    return std::to_string(int{year_month_day{day}.year()});
}

std::string span_text(Span const& span, sys_days begin)
{
    return span.length_days == 1 ? date_text(begin)
        : span.months == 0       ? "week of " + date_text(begin)
        : span.months < 12       ? month_text(begin)
        : span.months == 12      ? year_text(begin)
                                 : year_text(begin) + " and after";
}

/// "24 Nov", "Nov 2026", "2026"
std::string tick_text(Span const& span, sys_days begin)
{
    auto const date = date_text(begin);
    return span.months == 0 ? date.substr(0, date.rfind(' ')) : span.months < 12 ? month_text(begin) : year_text(begin);
}

std::vector<Tick> date_ticks(sys_days from, sys_days to)
{
    for (auto const& span : kTickSpans) {
        std::vector<Tick> ticks;
        for (auto const begin : edges(span, from, to, 400)) {
            if (begin >= from && begin <= to) {
                ticks.push_back({static_cast<double>((begin - from).count()) / static_cast<double>((to - from).count()),
                    tick_text(span, begin)});
            }
        }
        if (!ticks.empty() && ticks.size() <= kMostTicks) {
            return ticks;
        }
    }
    return {};
}

using Messages = RunHistory::Messages;
using ByDay = std::map<Day, Messages>;

Messages sum(ByDay const& by_day)
{
    Messages all;
    for (auto const& [day, messages] : by_day) {
        all += messages;
    }
    return all;
}

/// Takes away the outermost messages, at most one of 500 at each end, when what is left is less than half as long.
ByDay without_strays(ByDay const& by_day)
{
    constexpr std::size_t kOneOf = 500;
    auto const most = sum(by_day).all() / kOneOf;
    auto first = by_day.begin();
    auto last = std::prev(by_day.end());
    for (auto left = most; first != last && first->second.all() <= left; ++first) {
        left -= first->second.all();
    }
    for (auto left = most; first != last && last->second.all() <= left; --last) {
        left -= last->second.all();
    }
    auto const length = by_day.rbegin()->first - by_day.begin()->first;
    return (last->first - first->first) * 2 < length ? ByDay{first, std::next(last)} : by_day;
}

/// A column from each beginning to the next.
std::vector<ChartColumn> columns_of(ByDay const& shown, Span const& span, std::vector<sys_days> const& begins)
{
    auto const place = [&begins](sys_days day) {
        return static_cast<double>((day - begins.front()).count())
            / static_cast<double>((begins.back() - begins.front()).count());
    };
    std::vector<ChartColumn> columns;
    auto at = shown.begin();
    for (std::size_t i = 0; i + 1 < begins.size(); ++i) {
        Messages in_span;
        for (; at != shown.end() && to_date(at->first) < begins[i + 1]; ++at) {
            in_span += at->second;
        }
        columns.push_back({place(begins[i]), place(begins[i + 1]), span_text(span, begins[i]),
            {static_cast<double>(in_span.stored), static_cast<double>(in_span.fresh)}});
    }
    return columns;
}

} // namespace

Picture messages_over_time(RunHistory const& history, MessageWords const& names)
{
    auto const& all = history.messages_by_day;
    auto const undated = history.undated.all();
    constexpr auto kHeading = "Messages by the day they were written";
    Picture picture{.heading = kHeading,
        .caption = undated > 0 ? "No message has a time that could be read." : "No message was seen.",
        .id = "days",
        .title = kHeading,
        .labels_head = "From"};
    if (all.empty()) {
        return picture;
    }
    auto const shown = without_strays(all);
    auto const first = to_date(shown.begin()->first);
    auto const last = to_date(shown.rbegin()->first);
    auto const* const span =
        std::ranges::find_if(kSpans, [&](Span const& one) { return !edges(one, first, last, kMostColumns).empty(); });
    auto const begins = edges(*span, first, last, kMostColumns);
    auto total = sum(all);
    auto const left_out = total.all() - sum(shown).all() + undated;
    total += history.undated;
    picture.caption = fmt::format("{}{} (UTC).{}{}{}", first == last ? "" : date_text(first) + " – ", date_text(last),
        begins.size() > 2 ? fmt::format(" A column is {}.", span->name) : "",
        left_out > 0 ? fmt::format(" Not in the picture: {} without a time or far from all others.", grouped(left_out))
                     : "",
        total.fresh == 0 ? " No message was new." : "");
    picture.sums = {total.stored, total.fresh};
    picture.details =
        fmt::format("{} {}, {} {}.", grouped(total.fresh), names.fresh.name, grouped(total.stored), names.stored.name);
    picture.series = {{names.stored.name, Tone::kStored}, {names.fresh.name, Tone::kFresh}};
    picture.columns = columns_of(shown, *span, begins);
    picture.ticks = date_ticks(begins.front(), begins.back());
    return picture;
}

} // namespace backfill::app
