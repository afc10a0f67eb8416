#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace backfill::app {

/// Reads `NAME=value` lines: `#` comments, `export `, quotes, CRLF; nothing is expanded. The last line of a name wins.
/// Throws UsageError that names the line for anything else.
std::map<std::string, std::string> read_env_file(std::string_view text, std::string const& path);

/// Without surrounding blanks and one pair of quotes (docker's --env-file keeps them).
std::string stripped(std::string_view text);

/// The entries of a comma list, trimmed; empty ones are left out.
std::vector<std::string> split_list(std::string_view text);

} // namespace backfill::app
