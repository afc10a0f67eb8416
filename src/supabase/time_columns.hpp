#pragma once

#include "backfill/core/json_value.hpp"
#include "backfill/supabase/doubts.hpp"

#include <string>
#include <string_view>

namespace backfill::supabase {

/// The types of a table's columns that hold times, as PostgREST's description of all tables has them. A column may be
/// of a type that is not known to it, and then nothing is said.
class TimeColumns {
public:
    /// `tables`: the description's "definitions". Empty `schema`: public.
    TimeColumns(JsonValue const& tables, std::string const& schema, std::string const& table);

    /// What is wrong with choosing rows by the column's time; an empty finding for nothing. Texts compare by their
    /// letters, which takes other rows than meant, and no error says so.
    Doubt doubt_about_comparing(std::string const& column) const;

    /// What is wrong with the order of rows by it; likewise.
    Doubt doubt_about_order(std::string const& column) const;

private:
    std::string_view type_of(std::string const& column) const;
    std::string subject(std::string const& column) const;
    std::string advice(std::string const& column) const;

    JsonValue const& columns_;
    std::string sql_table_; ///< fit to print, as the next
    std::string table_;
};

} // namespace backfill::supabase
