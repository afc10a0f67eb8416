#include "app/page/html_text.hpp"

#include "app/log/number_text.hpp"
#include "backfill/core/printable.hpp"

#include <fmt/format.h>

#include <array>

namespace backfill::app {
namespace {

std::string date_at(std::chrono::system_clock::time_point moment)
{
    return date_text(std::chrono::floor<std::chrono::days>(moment));
}

std::string time_of_day(std::chrono::system_clock::time_point moment)
{
    auto const seconds = std::chrono::floor<std::chrono::seconds>(moment);
    std::chrono::hh_mm_ss const time{seconds - std::chrono::floor<std::chrono::days>(seconds)};
    return fmt::format("{:02}:{:02}:{:02}", time.hours().count(), time.minutes().count(), time.seconds().count());
}

} // namespace

std::string html(std::string_view text)
{
    std::string out;
    for (char const c : text) {
        out += c == '&' ? "&amp;"
            : c == '<'  ? "&lt;"
            : c == '>'  ? "&gt;"
            : c == '"'  ? "&quot;"
            : c == '\'' ? "&#39;"
                        : std::string(1, c);
    }
    return out;
}

std::string foreign_html(std::string_view text, std::size_t limit)
{
    return html(printable(text, limit));
}

std::string number_html(std::size_t number)
{
    return fmt::format(R"(<data value="{}">{}</data>)", number, grouped(number));
}

std::string compact(double number)
{
    static constexpr std::array kUnits{"", "k", "M", "G", "T"};
    std::size_t unit = 0;
    while (number >= 1000 && unit + 1 < kUnits.size()) {
        number /= 1000;
        ++unit;
    }
    return fmt::format("{:.3g}{}", number, kUnits.at(unit));
}

std::string date_text(std::chrono::sys_days day)
{
    std::chrono::year_month_day const date{day};
    return fmt::format("{} {}", unsigned{date.day()}, month_text(day));
}

std::string month_text(std::chrono::sys_days day)
{
    static constexpr std::array kNames{
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::chrono::year_month_day const date{day};
    return fmt::format("{} {}", kNames.at(unsigned{date.month()} - 1), int{date.year()});
}

std::string moment_text(std::chrono::system_clock::time_point moment)
{
    return fmt::format("{}, {} UTC", date_at(moment), time_of_day(moment));
}

std::string period_text(std::chrono::system_clock::time_point begin, std::chrono::system_clock::time_point end)
{
    auto const last = date_at(end);
    return fmt::format("{}, {} – {}{} UTC", date_at(begin), time_of_day(begin),
        last == date_at(begin) ? "" : last + ", ", time_of_day(end));
}

std::string milliseconds_text(double ms)
{
    auto const two_digits = [](double value, char const* unit) {
        return fmt::format("{:.{}f}\u00A0{}", value, value < 9.95 ? 1 : 0, unit);
    };
    return ms < 999.5 ? two_digits(ms, "ms") : two_digits(ms / 1000, "s");
}

std::string share_text(std::size_t part, std::size_t whole)
{
    if (part == 0 || whole == 0) {
        return "0\u00A0%";
    }
    if (part == whole) {
        return "100\u00A0%";
    }
    auto const percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
    return percent < 0.05 ? "<\u00A00.1\u00A0%"
        : percent > 99.95 ? ">\u00A099.9\u00A0%"
                          : fmt::format("{:.1f}\u00A0%", percent);
}

} // namespace backfill::app
