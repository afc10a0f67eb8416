#include "app/page/html_text.hpp"

#include "app/log/number_text.hpp"
#include "backfill/core/printable.hpp"

#include <array>
#include <cmath>
#include <cstdio>

namespace backfill::app {
namespace {

template <typename... Values>
std::string formatted(char const* format, Values... values)
{
    std::array<char, 64> out{};
    std::snprintf(out.data(), out.size(), format, values...);
    return out.data();
}

char const* month_name(std::chrono::month month)
{
    static constexpr std::array kNames{
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    return kNames.at(unsigned{month} - 1);
}

} // namespace

std::string html(std::string_view text)
{
    std::string out;
    for (char const c : text) {
        switch (c) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '"':
            out += "&quot;";
            break;
        case '\'':
            out += "&#39;";
            break;
        default:
            out += c;
        }
    }
    return out;
}

std::string foreign_html(std::string_view text, std::size_t limit)
{
    return html(printable(text, limit));
}

std::string number_html(std::size_t number)
{
    return "<data value=\"" + std::to_string(number) + "\">" + grouped(number) + "</data>";
}

std::string compact(double number)
{
    static constexpr std::array kUnits{"", "k", "M", "G", "T"};
    std::size_t unit = 0;
    while (number >= 1000 && unit + 1 < kUnits.size()) {
        number /= 1000;
        ++unit;
    }
    return formatted("%.3g", number) + kUnits.at(unit);
}

std::string date_text(std::chrono::sys_days day)
{
    std::chrono::year_month_day const date{day};
    return formatted("%u %s %d", unsigned{date.day()}, month_name(date.month()), int{date.year()});
}

std::string month_text(std::chrono::sys_days day)
{
    std::chrono::year_month_day const date{day};
    return formatted("%s %d", month_name(date.month()), int{date.year()});
}

namespace {

std::string clock_text(std::chrono::system_clock::time_point moment)
{
    auto const day = std::chrono::floor<std::chrono::days>(moment);
    auto const seconds = static_cast<int>(std::chrono::floor<std::chrono::seconds>(moment - day).count());
    return formatted("%02d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

} // namespace

std::string moment_text(std::chrono::system_clock::time_point moment)
{
    return date_text(std::chrono::floor<std::chrono::days>(moment)) + ", " + clock_text(moment) + " UTC";
}

std::string period_text(std::chrono::system_clock::time_point begin, std::chrono::system_clock::time_point end)
{
    using std::chrono::days;
    auto const first = date_text(std::chrono::floor<days>(begin));
    auto const last = date_text(std::chrono::floor<days>(end));
    return first + ", " + clock_text(begin) + " – " + (last == first ? "" : last + ", ") + clock_text(end) + " UTC";
}

std::string milliseconds_text(double ms)
{
    // Above 99.5 the last digit of the whole number is one more than would count.
    auto const two_digits = [](double value, char const* unit) {
        return formatted(value < 9.95 ? "%.1f" : "%.0f", value) + unit;
    };
    return ms < 999.5 ? two_digits(ms, "\u00A0ms") : two_digits(ms / 1000, "\u00A0s");
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
                          : formatted("%.1f\u00A0%%", percent);
}

} // namespace backfill::app
