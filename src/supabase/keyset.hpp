#pragma once

#include "backfill/core/conversation.hpp"
#include "backfill/supabase/postgrest.hpp"

#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace backfill::supabase {

/// Rows of a table, in the order of a unique key. Conditions are percent-encoded: "a=gte.1&b=is.null".
struct KeyedRows {
    std::string table;
    std::vector<std::string> columns; ///< to read
    std::vector<std::size_t> key{0};  ///< the one or two of them that are the key
    std::string filter{};             ///< condition of all rows; empty = every row
    std::string start{};              ///< condition on the key's first column until a row was read; empty = none
};

/// Reads rows page by page, each page after the last row of the one before: a row cap cuts nothing, and offsets do not
/// shift when rows come or go. Only the database orders values, so only their equality means something here. One
/// thread. Throws as Postgrest does; FatalError when a page ends where the one before did.
class Keyset {
public:
    /// `last` is the key of the row to go on after.
    Keyset(Postgrest& postgrest, KeyedRows rows, std::vector<std::string> last = {});

    /// The next rows, at most `most`; none at the end. Asks for smaller pages while the database is slow.
    Answer next(std::stop_token const& stop, std::size_t most = std::numeric_limits<std::size_t>::max());

    /// The same, and in the answer's total how many rows there are at that moment, these and all behind them. Nothing
    /// when counting takes the database too long. FatalError where the answer has no count.
    std::optional<Answer> next_counted(
        std::stop_token const& stop, std::size_t most = std::numeric_limits<std::size_t>::max());

    /// As next(), with an answer that may have a fault; where the caller can part the filter, page sizes stay.
    Answer try_next(std::stop_token const& stop, std::size_t most, Divisible filter);

    /// Goes on with the rows that meet this condition on the key's first column, wherever the last page ended.
    void restart(std::string start);

    std::size_t page_rows() const { return page_rows_; }
    void set_page_rows(std::size_t rows) { page_rows_ = rows; }

    /// The condition of the rows still to come.
    std::string rest() const;

private:
    Answer ask(std::stop_token const& stop, std::size_t rows, char const* prefer, Divisible divisible);
    Answer expected(Answer answer) const;
    std::string cursor() const;

    Postgrest& postgrest_;
    KeyedRows rows_;
    std::vector<std::string> last_; ///< key that was read; empty before the first page
    std::size_t page_rows_ = kPageRows;
};

/// A run of ids, and its text inside `in.(…)`.
struct IdList {
    std::vector<ConversationId> ids;
    std::string text;
};

/// Parts ids so that each list fits one request: at most 50 ids and 4 kB. PostgREST echoes the query in its
/// Content-Location header, and default proxies answer 502 to it at 100 UUIDs. `taken`: bytes of it that a condition
/// needs.
std::vector<IdList> id_lists(std::span<ConversationId const> ids, std::size_t taken = 0);

/// The answer to `query`, and in its total how many rows meet it. Counting a big table can take longer than a statement
/// may, although its pages are quick: then the planner's estimate, or no total at all. Throws as Postgrest does.
Answer get_counted(Postgrest& postgrest, Query query, std::stop_token const& stop);

struct RowCount {
    std::size_t rows = 0;
    bool is_exact = true;
};

/// How many rows meet `condition`, all when it is empty. Throws as Postgrest does; FatalError when the answer has no
/// count.
RowCount count_rows(Postgrest& postgrest, std::string const& table, std::string const& column,
    std::string const& condition, std::stop_token const& stop);

} // namespace backfill::supabase
