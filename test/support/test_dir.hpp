#pragma once

#include <string>

namespace backfill::test {

/// The path of test/ in the source tree, without a trailing slash.
std::string test_dir();

} // namespace backfill::test
