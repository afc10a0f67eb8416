#include "supabase/keyset.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/http/percent.hpp"

#include <algorithm>
#include <utility>

namespace backfill::supabase {

Keyset::Keyset(Postgrest& postgrest, std::string table, std::vector<std::string> columns)
    : postgrest_{postgrest}, table_{std::move(table)}, columns_{std::move(columns)}
{
}

TextRows Keyset::next(std::stop_token const& stop)
{
    std::string select;
    std::string order;
    for (auto const& column : columns_) {
        auto const* separator = select.empty() ? "" : ",";
        select += separator + column_name(column);
        order += separator + column_name(column) + ".asc";
    }
    for (;;) {
        auto const parameters =
            "select=" + select + "&order=" + order + "&limit=" + std::to_string(page_rows_) + "&" + cursor_filter();
        auto const divisible = page_rows_ > 1 ? Divisible::yes : Divisible::no;
        auto answer = postgrest_.get({table_, parameters, {}, columns_, divisible}, stop);
        if (answer.remedy == Remedy::ask_for_less) {
            page_rows_ /= 2;
            continue;
        }
        if (answer.remedy != Remedy::none) {
            throw FatalError{
                about(table_) + answer.failure, "Check the type of its column " + printable(columns_.front()) + "."};
        }
        if (!answer.rows.empty()) {
            auto const row = answer.rows[answer.rows.size() - 1];
            if (std::ranges::equal(row, last_)) {
                throw FatalError{about(table_) + "its pages do not move on: they end at " + printable(last_.back())
                    + " again. Check that no proxy or cache ignores the query."};
            }
            last_.assign(row.begin(), row.end());
        }
        return std::move(answer.rows);
    }
}

std::string Keyset::cursor_filter() const
{
    auto const first = column_name(columns_.front());
    if (last_.empty()) {
        return first + "=not.is.null";
    }
    if (columns_.size() == 1) {
        return first + "=gt." + http::percent_encoded(last_[0]);
    }
    // Two conditions, of which the first can use an index: a plain `or` of both cases reads four times as long.
    return first + "=gte." + http::percent_encoded(last_[0]) + "&or=(" + first + ".gt." + list_value(last_[0]) + ","
        + column_name(columns_[1]) + ".gt." + list_value(last_[1]) + ")";
}

} // namespace backfill::supabase
