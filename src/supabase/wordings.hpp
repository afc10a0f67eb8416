#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace backfill::supabase {

/// A message that PostgreSQL 15, PostgREST 12 or a gateway makes itself, and what it names.
struct Told {
    std::string_view wording; ///< `new row for relation "<relation>" violates check constraint "<constraint>"`
    std::vector<std::pair<std::string_view, std::string_view>> names; ///< relation, M; constraint, M_check

    /// "" where it names nothing of the kind.
    std::string_view operator[](std::string_view kind) const;
};

/// Nothing for any other text: that could quote customers, since a trigger raises any code with any text, and a check's
/// message quotes the row.
std::optional<Told> read_message(std::string_view text);

/// The message without the values that it quotes, fit to print. Nothing for any other text.
std::optional<std::string> printable_message(std::string_view text);

/// The name as SQL has it: in quotes unless plain. As it is, not made fit to print.
std::string sql_name(std::string_view name);

/// A table as SQL has it, fit to print: `public."Message"`. Without a schema it is in public.
std::string printable_sql_table(std::string_view schema, std::string_view table);

} // namespace backfill::supabase
