#pragma once

#include <map>
#include <string>
#include <string_view>

namespace backfill::app {

/// Reads `NAME=value` lines: `#` comments, `export `, quotes, CRLF; nothing is expanded. The last line of a name wins.
/// Throws UsageError, naming the line's number, for anything else.
std::map<std::string, std::string> read_env_file(std::string_view text, std::string const& path);

} // namespace backfill::app
