#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace backfill::app {

// Pictures of a report page as inline SVG, without any style of their own: colours come from the page's style sheet by
// class, so that they follow light, dark and paper. Pure. All texts are plain: they are escaped here.

/// Which colour, by what it means: the classes of the style sheet.
enum class Tone { fresh, stored, good, quiet, bad };

char const* class_of(Tone tone);

struct Series {
    std::string name;
    Tone tone;
};

/// One column: from `from` to `to` on an axis that goes from 0 to 1, made of one value of each series.
struct ChartColumn {
    double from;
    double to;
    std::string label; ///< what it stands for: "10 Jul 2025"
    std::vector<double> values;
};

struct Tick {
    double at; ///< 0 to 1
    std::string text;
};

/// A limit across the columns.
struct Limit {
    double value;
    std::string text;
};

/// Columns over an axis, the values of the series stacked. Heights are round or counts: negative ones are not for it.
struct ColumnChart {
    std::string id; ///< unique on the page, [a-z_]+
    std::string title;
    std::string description; ///< for who cannot see it: what there is to see, in a sentence or two
    std::string labels_head; ///< of the table's first column
    std::vector<Series> series;
    std::vector<ChartColumn> columns;
    std::vector<Tick> ticks;
    std::optional<Limit> limit{};
};

std::string column_svg(ColumnChart const& chart);

/// The numbers of the picture, as a table. Columns without anything are left out.
std::string column_table(ColumnChart const& chart);

/// What is what, with each series' sum where `sums` holds them.
std::string legend(std::vector<Series> const& series, std::vector<std::size_t> const& sums);

struct Share {
    std::string name;
    Tone tone;
    std::size_t count;
};

/// A bar for each share of a whole, with its name, number and percentage as text.
std::string shares_svg(std::string const& id, std::string const& title, std::vector<Share> const& shares);

/// 0 and equal steps of 1, 2 or 5 times a power of ten, up to the first that is not below `highest`: three to six
/// ticks, whole numbers only. For 0 and less: 0 and 1.
std::vector<double> round_ticks(double highest);

} // namespace backfill::app
