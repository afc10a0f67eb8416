#pragma once

#include <string>
#include <string_view>

namespace backfill {

/// Replaces a file by one with this content, whole or not at all: whoever reads it at any moment, or after a crash,
/// finds the old or the new one. Needs the right to write to its folder. Returns why it failed, "" when it did not.
std::string replace_file(std::string const& path, std::string_view content);

} // namespace backfill
