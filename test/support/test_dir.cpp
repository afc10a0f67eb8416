#include "support/test_dir.hpp"

namespace backfill::test {

std::string test_dir()
{
    return TEST_DIR;
}

} // namespace backfill::test
