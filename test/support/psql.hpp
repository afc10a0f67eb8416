#pragma once

#include <string>

namespace backfill::test {

/// Runs SQL in the local stack's database as its owner, all in one transaction, and returns what it prints: unaligned,
/// tuples only, without the last line break. `input` is what a COPY FROM STDIN reads; the copy must then be the only
/// statement. Throws std::runtime_error with psql's message.
std::string psql(std::string const& sql, std::string const& input = {});

/// `text` as an SQL literal; as an SQL identifier, which is also how CSV quotes it.
std::string sql_quoted(std::string const& text);
std::string sql_name(std::string const& text);

} // namespace backfill::test
