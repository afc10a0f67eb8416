#pragma once

#include "backfill/supabase/postgrest.hpp"

#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

namespace backfill::supabase {

/// A table from its first to its last row by one or two columns, page by page: whatever the server's row cap, and
/// without offsets that shift when rows come or go. Rows whose first column is NULL are left out. The columns together
/// must be unique; the order is the database's, so only equality of values means something here. One thread. Throws as
/// Postgrest does.
class Keyset {
public:
    Keyset(Postgrest& postgrest, std::string table, std::vector<std::string> columns);

    /// The next rows, with the values of the columns; none at the end.
    TextRows next(std::stop_token const& stop);

private:
    std::string cursor_filter() const;

    Postgrest& postgrest_;
    std::string table_;
    std::vector<std::string> columns_;
    std::vector<std::string> last_; ///< row that was read; empty before the first page
    std::size_t page_rows_ = kPageRows;
};

} // namespace backfill::supabase
