#include "app/page/charts.hpp"

#include "app/log/number_text.hpp"
#include "app/page/html_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numeric>

namespace backfill::app {
namespace {

// The picture's own units; the page scales it. Room is left for larger letters on narrow screens.
constexpr double kWidth = 520;
constexpr double kHeight = 224;
constexpr double kLeft = 50; // for the numbers of the axis
constexpr double kRight = 8;
constexpr double kTop = 24; // for the text of a limit
constexpr double kBottom = 36;
constexpr double kPlotWidth = kWidth - kLeft - kRight;
constexpr double kPlotHeight = kHeight - kTop - kBottom;
constexpr double kThinnest = 1.5; // what is there must be seen
constexpr double kWidest = 72;    // a single one is no wall

std::string unit(double value)
{
    std::array<char, 32> out{};
    std::snprintf(out.data(), out.size(), "%.2f", value);
    std::string text{out.data()};
    text.erase(text.find_last_not_of('0') + 1);
    return text.back() == '.' ? text.substr(0, text.size() - 1) : text;
}

std::string attribute(char const* name, double value)
{
    return std::string{" "} + name + "=\"" + unit(value) + "\"";
}

std::string rect(char const* style, double x, double y, double width, double height)
{
    return std::string{"<rect class=\""} + style + "\"" + attribute("x", x) + attribute("y", y)
        + attribute("width", width) + attribute("height", height) + "/>";
}

std::string line(char const* style, double x1, double y1, double x2, double y2)
{
    return std::string{"<line class=\""} + style + "\"" + attribute("x1", x1) + attribute("y1", y1)
        + attribute("x2", x2) + attribute("y2", y2) + "/>";
}

std::string label(char const* style, double x, double y, std::string const& text)
{
    return std::string{"<text class=\""} + style + "\"" + attribute("x", x) + attribute("y", y) + ">" + html(text)
        + "</text>";
}

std::string svg_begin(char const* style, std::string const& id, std::string const& title,
    std::string const& description, double width, double height)
{
    return std::string{"<svg class=\"picture "} + style + "\" viewBox=\"0 0 " + unit(width) + " " + unit(height)
        + "\" role=\"img\" aria-labelledby=\"" + html(id) + "_t " + html(id) + "_d\"><title id=\"" + html(id) + "_t\">"
        + html(title) + "</title><desc id=\"" + html(id) + "_d\">" + html(description) + "</desc>";
}

double height_of(ChartColumn const& column)
{
    return std::accumulate(column.values.begin(), column.values.end(), 0.0);
}

/// A limit far above everything would flatten what there is to see.
bool shows_limit(ColumnChart const& chart, double highest)
{
    constexpr double kFar = 4;
    return chart.limit && chart.limit->value <= highest * kFar;
}

std::string number(double value)
{
    return grouped(static_cast<std::size_t>(std::llround(value)));
}

/// "10 Jul 2025: 12 new, 3 skipped"
std::string tooltip(ColumnChart const& chart, ChartColumn const& column)
{
    auto text = column.label + ":";
    for (std::size_t i = 0; i < chart.series.size(); ++i) {
        text += (i > 0 ? ", " : " ") + number(column.values.at(i)) + " " + chart.series[i].name;
    }
    return text;
}

std::string column_group(ColumnChart const& chart, ChartColumn const& column, double per_unit)
{
    auto const room = (column.to - column.from) * kPlotWidth;
    auto const gap = std::min(room * 0.15, 3.0);
    auto const width = std::clamp(room - gap, kThinnest, kWidest);
    auto const x = kLeft + (column.from + column.to) / 2 * kPlotWidth - width / 2;
    auto y = kHeight - kBottom;
    auto group = "<g><title>" + html(tooltip(chart, column)) + "</title>";
    for (std::size_t i = 0; i < chart.series.size(); ++i) {
        if (column.values.at(i) > 0) {
            auto const height = std::max(column.values[i] * per_unit, kThinnest);
            y -= height;
            group += rect(class_of(chart.series[i].tone), x, y, width, height);
        }
    }
    return group + "</g>";
}

std::string limit_line(Limit const& limit, double per_unit)
{
    auto const y = kHeight - kBottom - limit.value * per_unit;
    return line("limit", kLeft, y, kWidth - kRight, y) + label("end strong", kWidth - kRight, y - 6, limit.text);
}

} // namespace

char const* class_of(Tone tone)
{
    static constexpr std::array kClasses{"fresh", "stored", "good", "quiet", "bad"};
    return kClasses.at(static_cast<std::size_t>(tone));
}

std::vector<double> round_ticks(double highest)
{
    double step = 1;
    constexpr int kMostSteps = 5;
    for (int i = 0; step * kMostSteps < highest; ++i) {
        static constexpr std::array kFactors{2.0, 2.5, 2.0}; // 1, 2, 5, 10, …
        step *= kFactors.at(static_cast<std::size_t>(i % 3));
    }
    std::vector<double> ticks{0};
    while (ticks.size() < 2 || ticks.back() < highest) {
        ticks.push_back(ticks.back() + step);
    }
    return ticks;
}

std::string column_svg(ColumnChart const& chart)
{
    double highest = 0;
    for (auto const& column : chart.columns) {
        highest = std::max(highest, height_of(column));
    }
    bool const limited = shows_limit(chart, highest);
    auto const ticks = round_ticks(limited ? std::max(highest, chart.limit->value) : highest);
    auto const per_unit = kPlotHeight / ticks.back();
    auto svg = svg_begin("columns_picture", chart.id, chart.title, chart.description, kWidth, kHeight);
    for (auto const tick : ticks) {
        auto const y = kHeight - kBottom - tick * per_unit;
        svg += line(tick > 0 ? "grid" : "axis", kLeft, y, kWidth - kRight, y);
        svg += label("end", kLeft - 8, y + 4.5, compact(tick));
    }
    for (auto const& column : chart.columns) {
        if (height_of(column) > 0) {
            svg += column_group(chart, column, per_unit);
        }
    }
    for (auto const& tick : chart.ticks) {
        auto const x = kLeft + tick.at * kPlotWidth;
        svg += line("axis", x, kHeight - kBottom, x, kHeight - kBottom + 4);
        svg += label(tick.at > 0.93 ? "end"
                : tick.at < 0.03    ? "start"
                                    : "middle",
            tick.at > 0.93       ? kWidth - kRight
                : tick.at < 0.03 ? x - 4
                                 : x,
            kHeight - 9, tick.text);
    }
    return svg + (limited ? limit_line(*chart.limit, per_unit) : "") + "</svg>";
}

std::string column_table(ColumnChart const& chart)
{
    auto table = "<table><thead><tr><th scope=\"col\">" + html(chart.labels_head) + "</th>";
    for (auto const& series : chart.series) {
        table += "<th scope=\"col\" class=\"number\">" + html(series.name) + "</th>";
    }
    table += "</tr></thead><tbody>";
    for (auto const& column : chart.columns) {
        if (height_of(column) > 0) {
            table += "<tr><th scope=\"row\">" + html(column.label) + "</th>";
            for (auto const value : column.values) {
                table += "<td class=\"number\">" + number(value) + "</td>";
            }
            table += "</tr>";
        }
    }
    return table + "</tbody></table>";
}

std::string legend(std::vector<Series> const& series, std::vector<std::size_t> const& sums)
{
    std::string list = "<ul class=\"legend\">";
    for (std::size_t i = 0; i < series.size(); ++i) {
        list += std::string{"<li><svg class=\"swatch\" viewBox=\"0 0 10 10\" aria-hidden=\"true\">"}
            + rect(class_of(series[i].tone), 0, 0, 10, 10) + "</svg>" + html(series[i].name)
            + (i < sums.size() ? " <strong>" + number_html(sums[i]) + "</strong>" : "") + "</li>";
    }
    return list + "</ul>";
}

std::string shares_svg(std::string const& id, std::string const& title, std::vector<Share> const& shares)
{
    constexpr double kRow = 48;
    constexpr double kBar = 12;
    auto const whole = std::accumulate(shares.begin(), shares.end(), std::size_t{0},
        [](std::size_t sum, Share const& share) { return sum + share.count; });
    std::string description;
    std::string bars;
    double y = 0;
    for (auto const& share : shares) {
        auto const value = grouped(share.count) + " (" + share_text(share.count, whole) + ")";
        description += (description.empty() ? "" : ", ") + share.name + " " + value;
        bars += label("start strong", 0, y + 18, share.name) + label("end", kWidth, y + 18, value);
        bars += rect("track", 0, y + 26, kWidth, kBar);
        if (share.count > 0) {
            auto const width = kWidth * static_cast<double>(share.count) / static_cast<double>(whole);
            bars += rect(class_of(share.tone), 0, y + 26, std::max(width, kThinnest), kBar);
        }
        y += kRow;
    }
    return svg_begin("shares_picture", id, title, description + ".", kWidth, std::max(y, kRow)) + bars + "</svg>";
}

} // namespace backfill::app
