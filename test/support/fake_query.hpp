#pragma once

#include "support/fake_tables.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace backfill::test {

/// A query string as PostgREST understands it, as far as this program uses it. Throws SqlError PGRST100 for the rest.
struct FakeQuery {
    explicit FakeQuery(std::string_view encoded);

    std::vector<std::string> select;
    struct Order {
        std::string column;
        bool descending = false;
    };
    std::vector<Order> order;
    std::optional<std::size_t> limit;
    std::string on_conflict;
    std::vector<std::string> columns; ///< of an INSERT; not checked by parsing

    /// "gte.2025…" or "not.is.null" for a column; all must hold.
    std::vector<std::pair<std::string, std::string>> filters;
    std::vector<std::pair<std::string, std::string>> any; ///< or=(…): one of them must hold

    /// The table's rows that fit, in order; checks the names of all columns.
    std::vector<Record const*> rows_of(FakeTable const& table) const;
};

/// Percent-decoded, and `+` is a space, as servers read query strings.
std::string form_decoded(std::string_view text);

} // namespace backfill::test
