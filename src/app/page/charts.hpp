#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backfill::app {

// Charts of a report page as inline SVG. Colours come from the page's style sheet by class, so that they follow light,
// dark and paper. Pure. All texts are plain: they are escaped here.

/// Colours by their meaning: classes of the style sheet.
struct Tone {
    static constexpr std::string_view kFresh = "fresh";
    static constexpr std::string_view kStored = "stored";
    static constexpr std::string_view kQuiet = "quiet";
    static constexpr std::string_view kBad = "bad";
};

struct Series {
    std::string name;
    std::string_view tone;
};

/// Spans `from` to `to` on an axis of 0 to 1, and stacks one value of each series.
struct ChartColumn {
    double from;
    double to;
    std::string label; ///< "10 Jul 2025"
    std::vector<double> values;
};

struct Tick {
    double at; ///< 0 to 1
    std::string text;
};

/// A line across the columns.
struct Limit {
    double value;
    std::string text;
};

/// Columns under a heading. Without any there is nothing to show, and `caption` says so. Values are counts or rates,
/// never negative.
struct Picture {
    std::string heading;
    std::string caption;
    std::string id{};          ///< unique on the page, [A-Za-z_]+
    std::string title{};       ///< with the caption and the `details` it is for those who cannot see the columns
    std::string details{};     ///< a sentence
    std::string labels_head{}; ///< of the table's first column
    std::vector<Series> series{};
    std::vector<ChartColumn> columns{};
    std::vector<Tick> ticks{};
    std::optional<Limit> limit{};
    std::vector<std::size_t> sums{}; ///< of the series, for the legend; empty = no legend
};

std::string column_svg(Picture const& picture);

/// The columns, and their numbers as a table that can be unfolded; columns that are 0 have no row.
std::string figure_html(Picture const& picture);

/// `content` is HTML.
std::string figure_html(std::string const& heading, std::string const& caption, std::string const& content);

struct Share {
    std::string name;
    std::string_view tone;
    std::size_t count;
};

/// A bar for each share of a whole, with its name, number and percentage as text.
std::string shares_svg(std::string const& id, std::string const& title, std::vector<Share> const& shares);

/// From 0 in equal steps of 1, 2 or 5 times a power of ten, up to the first that is not below `highest`: two to six
/// ticks, whole numbers only. For 0 and less: 0 and 1.
std::vector<double> round_ticks(double highest);

} // namespace backfill::app
