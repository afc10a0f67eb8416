// Charts of the report page: series in, SVG out.

#include "app/log/number_text.hpp"
#include "app/page/charts.hpp"
#include "app/page/html_text.hpp"

#include "support/page_reader.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <regex>

using namespace backfill::app;
using backfill::test::holds;

namespace {

constexpr auto kHostile = "\"><script>alert('1')</script>&amp;";

struct Rect {
    std::string style;
    double x, y, width, height;
};

std::vector<Rect> rects(std::string const& svg)
{
    static std::regex const pattern{
        R"re(<rect class="([a-z]+)" x="([-.0-9]+)" y="([-.0-9]+)" width="([-.0-9]+)" height="([-.0-9]+)"/>)re"};
    std::vector<Rect> found;
    for (auto at = std::sregex_iterator{svg.begin(), svg.end(), pattern}; at != std::sregex_iterator{}; ++at) {
        auto const& match = *at;
        found.push_back({match[1], std::stod(match[2]), std::stod(match[3]), std::stod(match[4]), std::stod(match[5])});
    }
    return found;
}

Picture two_columns()
{
    return {.heading = "Heading",
        .caption = "Caption.",
        .id = "some",
        .title = "Title",
        .details = "Details.",
        .labels_head = "Day",
        .series = {{"skipped", Tone::kStored}, {"new", Tone::kFresh}},
        .columns = {{0, 0.5, "1 Jul 2025", {10, 30}}, {0.5, 1, "2 Jul 2025", {0, 20}}},
        .ticks = {{0, "1 Jul"}, {0.5, "2 Jul"}}};
}

} // namespace

TEST_CASE("ticks are round, whole, few, and reach the highest value with no step to spare")
{
    using Ticks = std::vector<double>;
    CHECK(round_ticks(0) == Ticks{0, 1});
    CHECK(round_ticks(1) == Ticks{0, 1});
    CHECK(round_ticks(3) == Ticks{0, 1, 2, 3});
    CHECK(round_ticks(6) == Ticks{0, 2, 4, 6});
    CHECK(round_ticks(37) == Ticks{0, 10, 20, 30, 40});
    CHECK(round_ticks(4523) == Ticks{0, 1000, 2000, 3000, 4000, 5000});
    auto const highest = GENERATE(take(200, random(1.0, 1e9)));
    auto const ticks = round_ticks(highest);
    auto const step = ticks[1];
    CAPTURE(highest, step);
    CHECK(ticks.size() <= 6);
    CHECK(ticks.back() >= highest);
    CHECK(ticks.back() - step < highest);
    auto const first_digit = step / std::pow(10, std::floor(std::log10(step)));
    CHECK((std::abs(first_digit - 1) < 1e-9 || std::abs(first_digit - 2) < 1e-9 || std::abs(first_digit - 5) < 1e-9));
}

TEST_CASE("columns are as high as their values, stand on one line, and the series stand on each other")
{
    auto const drawn = rects(column_svg(two_columns()));
    REQUIRE(drawn.size() == 3); // an empty part is not drawn
    CHECK(drawn[0].style == "stored");
    CHECK(drawn[1].style == "fresh");
    CHECK(drawn[1].height == Approx(3 * drawn[0].height));
    CHECK(drawn[1].height == Approx(1.5 * drawn[2].height));
    CHECK(drawn[0].y + drawn[0].height == Approx(drawn[2].y + drawn[2].height));
    CHECK(drawn[1].y + drawn[1].height == Approx(drawn[0].y));
    CHECK(drawn[0].x == drawn[1].x);
    CHECK(drawn[2].x > drawn[0].x + drawn[0].width);
    CHECK(drawn[2].width == Approx(drawn[0].width));
}

TEST_CASE("what is there can be seen, however small beside the rest")
{
    auto chart = two_columns();
    chart.columns[0].values = {1'000'000, 1};
    chart.columns[1].to = 0.5001;
    auto const drawn = rects(column_svg(chart));
    REQUIRE(drawn.size() == 3);
    CHECK(drawn[1].height >= 1);
    CHECK(drawn[2].width >= 1);
}

TEST_CASE("a limit is drawn, makes room for itself, and is left out where it would flatten everything")
{
    auto chart = two_columns(); // up to 40
    chart.limit = Limit{90, "ceiling 90/min"};
    auto const near = column_svg(chart);
    CHECK(holds(near, "class=\"limit\""));
    CHECK(holds(near, ">ceiling 90/min</text>"));
    CHECK(holds(near, ">100</text>"));
    chart.limit->value = 1000;
    auto const far = column_svg(chart);
    CHECK_FALSE(holds(far, "class=\"limit\""));
    CHECK(rects(far)[0].height > rects(near)[0].height);
}

TEST_CASE("a picture has a title, a description and a text for each column")
{
    auto const svg = column_svg(two_columns());
    CHECK(holds(svg, "role=\"img\" aria-labelledby=\"some_t some_d\""));
    CHECK(holds(svg, "<title id=\"some_t\">Title</title><desc id=\"some_d\">Caption. Details.</desc>"));
    CHECK(holds(svg, "<title>1 Jul 2025: 10 skipped, 30 new</title>"));
    CHECK(holds(figure_html(two_columns()),
        "<tr><th scope=\"row\">1 Jul 2025</th><td class=\"number\">10</td><td class=\"number\">30</td></tr>"));
}

TEST_CASE("texts of a picture stay texts, whatever they hold")
{
    auto chart = two_columns();
    chart.heading = chart.caption = chart.title = chart.details = chart.labels_head = chart.series[0].name =
        chart.columns[0].label = chart.ticks[0].text = kHostile;
    chart.sums = {1, 2};
    chart.limit = Limit{50, kHostile};
    std::vector<Share> const shares{{kHostile, Tone::kBad, 1}};
    for (auto const& text :
        {column_svg(chart), figure_html(chart), shares_svg("id", kHostile, shares), html(kHostile)}) {
        CHECK_FALSE(holds(text, "<script"));
        CHECK_FALSE(holds(text, "\"><s"));
        CHECK(holds(text, "&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;"));
    }
}

TEST_CASE("shares of a whole: as long as their part, with number and percentage")
{
    auto const svg = shares_svg(
        "o", "Outcome", {{"fine", Tone::kFresh, 750}, {"failed", Tone::kBad, 250}, {"none", Tone::kQuiet, 0}});
    auto const drawn = rects(svg);
    REQUIRE(drawn.size() == 5); // three tracks, two bars
    CHECK(drawn[1].width == Approx(0.75 * drawn[0].width));
    CHECK(drawn[3].width == Approx(0.25 * drawn[0].width));
    CHECK(holds(svg, ">750 (75.0\u00A0%)</text>"));
    CHECK(holds(svg, "fine 750 (75.0\u00A0%), failed 250 (25.0\u00A0%), none 0 (0\u00A0%)."));
}

TEST_CASE("numbers, shares, times and dates as people read them")
{
    CHECK(grouped(0) == "0");
    CHECK(grouped(999) == "999");
    CHECK(grouped(1000) == "1\u202F000");
    CHECK(grouped(1234567) == "1\u202F234\u202F567");
    CHECK(number_html(1234) == "<data value=\"1234\">1\u202F234</data>");
    CHECK(compact(0) == "0");
    CHECK(compact(950) == "950");
    CHECK(compact(1500) == "1.5k");
    CHECK(compact(20'000) == "20k");
    CHECK(compact(3e6) == "3M");
    CHECK(share_text(1, 3) == "33.3\u00A0%");
    CHECK(share_text(1, 100'000) == "<\u00A00.1\u00A0%");
    CHECK(share_text(99'999, 100'000) == ">\u00A099.9\u00A0%");
    CHECK(share_text(7, 7) == "100\u00A0%");
    CHECK(share_text(0, 0) == "0\u00A0%");
    CHECK(milliseconds_text(0.42) == "0.4\u00A0ms");
    CHECK(milliseconds_text(85.4) == "85\u00A0ms");
    CHECK(milliseconds_text(1304) == "1.3\u00A0s");
    CHECK(milliseconds_text(60'000) == "60\u00A0s");
    using namespace std::chrono_literals;
    CHECK(moment_text(std::chrono::sys_days{2026y / 11 / 24} + 14h + 4min + 1s + 999ms) == "24 Nov 2026, 14:04:01 UTC");
    auto const noon = std::chrono::sys_days{2026y / 11 / 24} + 12h;
    CHECK(period_text(noon, noon + 90min) == "24 Nov 2026, 12:00:00 – 13:30:00 UTC");
    CHECK(period_text(noon, noon + 24h) == "24 Nov 2026, 12:00:00 – 25 Nov 2026, 12:00:00 UTC");
    CHECK(foreign_html("a\x1B<\xE2\x80\xAE") == "a\\x1B&lt;\\u{202E}");
}
