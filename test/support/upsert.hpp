#pragma once

#include "support/scripted_transport.hpp"
#include "support/supabase_side.hpp"

#include "backfill/supabase/message_writer.hpp"

#include <string>
#include <vector>

namespace backfill::test {

using Fate = supabase::RowResult::Fate;

/// Rows m<begin> … m<end - 1> of conversation c1.
std::vector<Row> rows_of(
    std::size_t begin, std::size_t end, std::string const& prefix = "m", std::string const& text = "hello");

/// A writer and what its run knows of the table: that it takes rows, unless told otherwise.
struct Writing {
    Writing(supabase::Postgrest& postgrest, supabase::MessageTableLayout layout, bool known = true);

    supabase::Acceptance acceptance;
    supabase::MessageWriter writer;
};

/// One result for each row, in their order.
std::vector<supabase::RowResult> upsert(Writing& table, SupabaseSide& side, std::vector<Row> const& rows);

std::size_t count_of(std::vector<supabase::RowResult> const& results, Fate fate);

/// The ids in an upsert's body, found by their mark: rows made by message_row().
std::vector<std::string> ids_in(std::string const& body);

/// The answer to an upsert that wrote these.
http::Reply inserted(std::vector<std::string> const& ids);

/// How many rows each request carried.
std::vector<std::size_t> sizes(Script const& script);

/// Upserts into the table Message, with scripted answers.
struct Upsert : ScriptedSide {
    using ScriptedSide::ScriptedSide;

    std::vector<supabase::RowResult> operator()(std::vector<Row> const& rows)
    {
        return test::upsert(table, *this, rows);
    }

    std::vector<std::size_t> sizes() const { return test::sizes(*this); }

    Writing table{postgrest, layout_of("Message")};
};

} // namespace backfill::test
