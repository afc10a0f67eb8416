#include "app/page/charts.hpp"

#include "app/log/number_text.hpp"
#include "app/page/html_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace backfill::app {
namespace {

// In the chart's own units; the page scales it. Margins leave room for larger letters on narrow screens.
constexpr double kWidth = 520;
constexpr double kHeight = 224;
constexpr double kLeft = 50; // for the numbers of the axis
constexpr double kRight = 8;
constexpr double kTop = 24; // for the text of a limit
constexpr double kBottom = 36;
constexpr double kPlotWidth = kWidth - kLeft - kRight;
constexpr double kPlotHeight = kHeight - kTop - kBottom;
constexpr double kThinnest = 1.5;    // whatever is not 0 must be visible
constexpr double kWidestColumn = 72; // a single column must not look like a wall

/// To hundredths: finer than any screen shows.
double unit(double value)
{
    return std::round(value * 100) / 100;
}

std::string rect(std::string_view style, double x, double y, double width, double height)
{
    return fmt::format(R"(<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>)", style, unit(x), unit(y),
        unit(width), unit(height));
}

std::string line(char const* style, double x1, double y1, double x2, double y2)
{
    return fmt::format(
        R"(<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>)", style, unit(x1), unit(y1), unit(x2), unit(y2));
}

std::string label(char const* style, double x, double y, std::string const& text)
{
    return fmt::format(R"(<text class="{}" x="{}" y="{}">{}</text>)", style, unit(x), unit(y), html(text));
}

std::string svg(char const* style, std::string const& id, std::string const& title, std::string const& description,
    double height, std::string const& content)
{
    return fmt::format(R"(<svg class="picture {0}" viewBox="0 0 {1} {2}" role="img" aria-labelledby="{3}_t {3}_d">)"
                       R"(<title id="{3}_t">{4}</title><desc id="{3}_d">{5}</desc>{6}</svg>)",
        style, kWidth, height, html(id), html(title), html(description), content);
}

double height_of(ChartColumn const& column)
{
    return std::accumulate(column.values.begin(), column.values.end(), 0.0);
}

/// "10 Jul 2025: 12 new, 3 skipped"
std::string tooltip(Picture const& picture, ChartColumn const& column)
{
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < picture.series.size(); ++i) {
        parts.push_back(grouped(rounded(column.values.at(i))) + " " + picture.series[i].name);
    }
    return fmt::format("{}: {}", column.label, fmt::join(parts, ", "));
}

std::string column_group(Picture const& picture, ChartColumn const& column, double per_unit)
{
    auto const room = (column.to - column.from) * kPlotWidth;
    auto const gap = std::min(room * 0.15, 3.0);
    auto const width = std::clamp(room - gap, kThinnest, kWidestColumn);
    auto const x = kLeft + (column.from + column.to) / 2 * kPlotWidth - width / 2;
    auto y = kHeight - kBottom;
    auto group = "<g><title>" + html(tooltip(picture, column)) + "</title>";
    for (std::size_t i = 0; i < picture.series.size(); ++i) {
        if (column.values.at(i) > 0) {
            auto const height = std::max(column.values[i] * per_unit, kThinnest);
            y -= height;
            group += rect(picture.series[i].tone, x, y, width, height);
        }
    }
    return group + "</g>";
}

std::string axis_tick(Tick const& tick)
{
    auto const x = kLeft + tick.at * kPlotWidth;
    auto const y = kHeight - kBottom;
    auto const text = tick.at > 0.93 ? label("end", kWidth - kRight, kHeight - 9, tick.text)
        : tick.at < 0.03             ? label("start", x - 4, kHeight - 9, tick.text)
                                     : label("middle", x, kHeight - 9, tick.text);
    return line("axis", x, y, x, y + 4) + text;
}

std::string table(Picture const& picture)
{
    std::string head;
    for (auto const& series : picture.series) {
        head += fmt::format(R"(<th scope="col" class="number">{}</th>)", html(series.name));
    }
    std::string rows;
    for (auto const& column : picture.columns) {
        if (height_of(column) > 0) {
            rows += fmt::format(R"(<tr><th scope="row">{}</th>)", html(column.label));
            for (auto const value : column.values) {
                rows += fmt::format(R"(<td class="number">{}</td>)", grouped(rounded(value)));
            }
            rows += "</tr>";
        }
    }
    return fmt::format(R"(<table><thead><tr><th scope="col">{}</th>{}</tr></thead><tbody>{}</tbody></table>)",
        html(picture.labels_head), head, rows);
}

std::string legend(std::vector<Series> const& series, std::vector<std::size_t> const& sums)
{
    std::string items;
    for (std::size_t i = 0; i < sums.size(); ++i) {
        items += fmt::format(
            R"(<li><svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">{}</svg>{} <strong>{}</strong></li>)",
            rect(series.at(i).tone, 0, 0, 10, 10), html(series.at(i).name), number_html(sums[i]));
    }
    return items.empty() ? "" : R"(<ul class="legend">)" + items + "</ul>";
}

} // namespace

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

std::string column_svg(Picture const& picture)
{
    double highest = 0;
    for (auto const& column : picture.columns) {
        highest = std::max(highest, height_of(column));
    }
    constexpr double kFar = 4; // a limit above that would flatten the columns
    bool const limited = picture.limit && picture.limit->value <= highest * kFar;
    auto const ticks = round_ticks(limited ? std::max(highest, picture.limit->value) : highest);
    auto const per_unit = kPlotHeight / ticks.back();
    auto const right = kWidth - kRight;
    std::string content;
    for (auto const tick : ticks) {
        auto const y = kHeight - kBottom - tick * per_unit;
        content +=
            line(tick > 0 ? "grid" : "axis", kLeft, y, right, y) + label("end", kLeft - 8, y + 4.5, compact(tick));
    }
    for (auto const& column : picture.columns) {
        if (height_of(column) > 0) {
            content += column_group(picture, column, per_unit);
        }
    }
    for (auto const& tick : picture.ticks) {
        content += axis_tick(tick);
    }
    if (limited) {
        auto const y = kHeight - kBottom - picture.limit->value * per_unit;
        content += line("limit", kLeft, y, right, y) + label("end strong", right, y - 6, picture.limit->text);
    }
    auto const description = picture.details.empty() ? picture.caption : picture.caption + " " + picture.details;
    return svg("columns_picture", picture.id, picture.title, description, kHeight, content);
}

std::string figure_html(std::string const& heading, std::string const& caption, std::string const& content)
{
    return fmt::format(R"(<figure class="card"><figcaption><h3>{}</h3><p class="dim">{}</p></figcaption>{}</figure>)"
                       "\n",
        html(heading), html(caption), content);
}

std::string figure_html(Picture const& picture)
{
    return figure_html(picture.heading, picture.caption,
        picture.columns.empty() ? ""
                                : fmt::format("{}{}<details><summary>The same as numbers</summary>{}</details>",
                                    legend(picture.series, picture.sums), column_svg(picture), table(picture)));
}

std::string shares_svg(std::string const& id, std::string const& title, std::vector<Share> const& shares)
{
    constexpr double kRow = 48;
    constexpr double kBar = 12;
    auto const whole = std::accumulate(shares.begin(), shares.end(), std::size_t{0},
        [](std::size_t sum, Share const& share) { return sum + share.count; });
    std::vector<std::string> description;
    std::string bars;
    double y = 0;
    for (auto const& share : shares) {
        auto const value = fmt::format("{} ({})", grouped(share.count), share_text(share.count, whole));
        description.push_back(share.name + " " + value);
        bars += label("start strong", 0, y + 18, share.name) + label("end", kWidth, y + 18, value);
        bars += rect("track", 0, y + 26, kWidth, kBar);
        if (share.count > 0) {
            auto const width = kWidth * static_cast<double>(share.count) / static_cast<double>(whole);
            bars += rect(share.tone, 0, y + 26, std::max(width, kThinnest), kBar);
        }
        y += kRow;
    }
    return svg("shares_picture", id, title, fmt::format("{}.", fmt::join(description, ", ")), std::max(y, kRow), bars);
}

} // namespace backfill::app
